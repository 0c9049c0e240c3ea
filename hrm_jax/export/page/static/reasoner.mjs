import { Beliefs } from "./beliefs.mjs";

/** Tokens that an equivariant model has no latents for. */
const NAMELESS = 2;

/** A model of a package: segment after segment until it halts. */
export class Reasoner {
  /**
   * @param page what it knows of the package
   * @param run from inputs, `{name: {type, dims, data}}`, to a promise of `outputs` of
   *   the same form and `milliseconds`
   */
  constructor(page, run) {
    this.page = page;
    this.run = run;
  }

  get maxSegments() {
    return this.page.halting.max_segments;
  }

  /**
   * Thinks about one puzzle; a generator of segments, of which the last one's answer is
   * the model's.
   *
   * @param {Int32Array} tokens the puzzle
   */
  async *think(tokens) {
    let [zH, zL] = ["z_h", "z_l"].map((name) => this.start(name));
    for (let number = 1; ; number++) {
      const inputs = { tokens: tensor("int32", [1, tokens.length], tokens) };
      const vector = this.page.puzzle_vector;
      if (vector) {
        const data = Float32Array.from(vector);
        inputs.puzzle_vectors = tensor("float32", [1, data.length], data);
      }
      const { outputs, milliseconds } = await this.run({ ...inputs, z_h: zH, z_l: zL });
      const segment = this.segment(number, outputs, milliseconds);
      yield segment;
      if (segment.halted) return;
      [zH, zL] = [outputs.z_h_next, outputs.z_l_next];
    }
  }

  /** The last segment of `think`, and all of them. */
  async answer(tokens) {
    const segments = [];
    for await (const segment of this.think(tokens)) segments.push(segment);
    return { last: segments[segments.length - 1], segments };
  }

  /** Where the latents of every token start. */
  start(name) {
    const { prefix_len, seq_len, equivariant, vocab_size, width } = this.page.model;
    const symbols = equivariant ? vocab_size - NAMELESS : 1;
    const length = (prefix_len + seq_len) * symbols;
    const data = new Float32Array(length * width);
    const one = Float32Array.from(this.page.initial[name]);
    for (let token = 0; token < length; token++) data.set(one, token * width);
    return tensor("float32", [1, length, width], data);
  }

  segment(number, outputs, milliseconds) {
    const [qHalt, qContinue] = [outputs.q_halt.data[0], outputs.q_continue.data[0]];
    const confidence = sigmoid(qHalt);
    const wish = wantsToHalt(qHalt, qContinue, this.page.halting);
    return {
      number,
      beliefs: new Beliefs(
        outputs.logits.data,
        this.page.model.vocab_size,
        this.page.token_loss,
      ),
      /** How sure the model is that all of its answer is right. */
      confidence,
      /** Does it want to halt? */
      wish,
      /** Is it the last one, by that wish or by the limit? */
      halted: wish || number >= this.maxSegments,
      milliseconds,
    };
  }
}

/** hrm_jax/halting.py: the model's own wish, regardless of segments done. */
export function wantsToHalt(qHalt, qContinue, halting) {
  const sure = sigmoid(qHalt) >= Math.fround(halting.min_confidence);
  return sure && qHalt > (halting.q_learning ? qContinue : 0);
}

function sigmoid(x) {
  return Math.fround(1 / (1 + Math.exp(-x)));
}

function tensor(type, dims, data) {
  return { type, dims, data };
}
