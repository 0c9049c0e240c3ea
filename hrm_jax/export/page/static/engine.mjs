import { payload, unpack } from "./payload.mjs";

/** A graph in a worker of its own, so that the page stays alive while it computes. */
export class Engine {
  constructor(backend, worker) {
    /** "webgpu" or "wasm". */
    this.backend = backend;
    this.worker = worker;
    this.waiting = new Map();
    this.asked = 0;
    worker.onmessage = ({ data }) => this.settle(data);
    worker.onerror = (event) => this.fail(new Error(event.message || "it has crashed"));
  }

  /**
   * Starts one; its `threads` say how many cores it computes on.
   *
   * @param {string} backend "webgpu" or "wasm"
   */
  static async start(backend) {
    const [runtime, model] = await Promise.all([payload(backend), payload("model")]);
    const parts = [runtime.script, runtime.worker, runtime.loader, runtime.binary];
    const [script, worker, loader, binary, graph] = await Promise.all(
      [...parts, model.graph].map(unpack),
    );
    const code = new Blob([script, "\n", worker], { type: "text/javascript" });
    const address = URL.createObjectURL(code);
    const engine = new Engine(backend, new Worker(address));
    try {
      const bytes = { loader, binary, graph };
      const buffers = Object.values(bytes).map((part) => part.buffer);
      const { threads } = await engine.ask({ start: { backend, ...bytes } }, buffers);
      engine.threads = threads;
    } catch (error) {
      engine.stop();
      throw error;
    } finally {
      URL.revokeObjectURL(address);
    }
    return engine;
  }

  /** Runs the graph once: see Reasoner. */
  run(inputs) {
    return this.ask({ run: inputs });
  }

  stop() {
    this.worker.terminate();
    this.fail(new Error("it has been stopped"));
  }

  ask(message, buffers = []) {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message }, buffers);
    });
  }

  settle({ id, error, ...answer }) {
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(answer);
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/**
 * The backends that this browser has, best first: each `{backend, says}`, with a
 * description for people; a GPU that is only imitated comes last.
 */
export async function backends() {
  const cpu = { backend: "wasm", says: "CPU (WebAssembly)" };
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return [cpu];
  const { vendor, architecture, isFallbackAdapter } = adapter.info ?? {};
  const named = [vendor, architecture].filter(Boolean).join(" ");
  const gpu = { backend: "webgpu", says: `GPU (WebGPU${named && `, ${named}`})` };
  return isFallbackAdapter ? [cpu, gpu] : [gpu, cpu];
}
