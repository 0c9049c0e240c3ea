/**
 * What a page brings beside its own code, in scripts: only those does a browser load from
 * a disk, too. A script `data/NAME.js` puts an object into `globalThis.PAGE_DATA`; large
 * parts of it are gzip in base64.
 */
export async function payload(name) {
  if (!globalThis.PAGE_DATA?.[name]) await loadScript(`data/${name}.js`);
  return globalThis.PAGE_DATA[name];
}

/** The bytes of a large part. */
export async function unpack(text) {
  const packed = new Blob([fromBase64(text)]).stream();
  const stream = packed.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(script);
  });
}
