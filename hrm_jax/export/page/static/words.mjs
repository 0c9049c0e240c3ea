// Numbers and sentences for people.

/** Keeps a number and its unit in one line. */
const NARROW = "\u00a0";

/** 0.9612 is "96.1 %", 0.95 "95 %"; no belief is rounded to certainty. */
export function percent(share) {
  if (share >= 0.9995 && share < 1) return `>${NARROW}99.9${NARROW}%`;
  if (share < 0.0005 && share > 0) return `<${NARROW}0.1${NARROW}%`;
  return `${Number((share * 100).toFixed(1))}${NARROW}%`;
}

/** 12.34 is "12.3 ms", 1234 is "1.23 s". */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)}${NARROW}s`;
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)}${NARROW}ms`;
}

/** 1234567 bytes are "1.23 MB". */
export function bytes(count) {
  if (count >= 1e6) return `${(count / 1e6).toFixed(2)}${NARROW}MB`;
  return `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)}${NARROW}kB`;
}

/** "no cell", "1 cell", "2 cells". */
export function counted(count, noun) {
  return `${count || "no"} ${noun}${count > 1 ? "s" : ""}`;
}

/** "9x9 Sudoku" is "9 × 9 Sudoku". */
export function sized(name) {
  return name.replace(/(\d)x(\d)/, "$1 × $2");
}

/** With a capital letter at its beginning. */
export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
