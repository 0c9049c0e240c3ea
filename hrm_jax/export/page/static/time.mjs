/** Milliseconds that a segment is shown at least, so that eyes can follow. */
const SHOWN = 320;
/** Milliseconds that a page may be busy. */
const BUSY = 12;

/** Gives what waits until the last segment has been shown for long enough. */
export function pacer() {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let last = performance.now();
  return async () => {
    const rest = still ? 0 : SHOWN - (performance.now() - last);
    await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 0)));
    last = performance.now();
  };
}

/** Gives what lets the page live, when it has been busy for too long. */
export function pauses() {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BUSY) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
