// Runs in a worker, behind onnxruntime-web's own script, whose `ort` it uses. A message
// has an `id`, which the answer repeats, and either `start` or `run`.

let session = null;
/** Of the last message: a session runs once at a time. */
let answered = Promise.resolve();

globalThis.onmessage = ({ data }) => {
  answered = answered.then(() => answer(data));
};

async function answer({ id, start, run }) {
  try {
    if (start) globalThis.postMessage({ id, threads: await begin(start) });
    else globalThis.postMessage({ id, ...(await compute(run)) });
  } catch (error) {
    globalThis.postMessage({ id, error: String(error?.message ?? error) });
  }
}

/** Loads a graph; how many threads it will run on. */
async function begin({ backend, loader, binary, graph }) {
  const module = new Blob([loader], { type: "text/javascript" });
  const address = URL.createObjectURL(module);
  ort.env.logLevel = "error";
  ort.env.wasm.wasmPaths = { mjs: address };
  ort.env.wasm.wasmBinary = binary.buffer;
  session = await ort.InferenceSession.create(graph, {
    executionProviders: [backend],
    logSeverityLevel: 3, // errors
  });
  return ort.env.wasm.numThreads;
}

async function compute(inputs) {
  const feeds = {};
  for (const [name, { type, data, dims }] of Object.entries(inputs)) {
    feeds[name] = new ort.Tensor(type, data, dims);
  }
  const before = performance.now();
  const found = await session.run(feeds);
  const outputs = {};
  for (const [name, { type, data, dims }] of Object.entries(found)) {
    outputs[name] = { type, data, dims };
  }
  return { outputs, milliseconds: performance.now() - before };
}
