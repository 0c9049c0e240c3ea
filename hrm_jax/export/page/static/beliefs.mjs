/** What a segment believes of each cell: a distribution over the tokens. */
export class Beliefs {
  /**
   * @param {Float32Array} logits by cell and token
   * @param {number} vocabulary tokens that there are
   * @param {string} loss that the model was trained by, "softmax" or "stablemax": what
   *   turns its logits into probabilities
   */
  constructor(logits, vocabulary, loss) {
    this.vocabulary = vocabulary;
    const cells = logits.length / vocabulary;
    this.probabilities = new Float32Array(logits.length);
    /** Int32Array, the likeliest token of each cell; the lowest of equal ones. */
    this.answer = new Int32Array(cells);
    for (let cell = 0; cell < cells; cell++) {
      const row = logits.subarray(cell * vocabulary, (cell + 1) * vocabulary);
      const shares = loss === "stablemax" ? stablemax(row) : softmax(row);
      this.probabilities.set(shares, cell * vocabulary);
      this.answer[cell] = row.indexOf(Math.max(...row));
    }
  }

  /** The probability of a token in a cell. */
  of(cell, token) {
    return this.probabilities[cell * this.vocabulary + token];
  }

  /** The probability of the answer in a cell. */
  sure(cell) {
    return this.of(cell, this.answer[cell]);
  }

  /** The tokens of a cell that are likelier than `least`, likeliest first. */
  likely(cell, least) {
    return Array.from({ length: this.vocabulary }, (_, token) => token)
      .filter((token) => this.of(cell, token) > least)
      .sort((one, other) => this.of(cell, other) - this.of(cell, one));
  }
}

/** exp(x) / sum exp(x). */
export function softmax(row) {
  const most = Math.max(...row);
  return shares(Array.from(row, (x) => Math.exp(x - most)));
}

/** s(x) / sum s(x), s(x) = x + 1 for x >= 0, else 1 / (1 - x): arXiv:2501.04697. */
export function stablemax(row) {
  return shares(Array.from(row, (x) => (x >= 0 ? x + 1 : 1 / (1 - x))));
}

function shares(weights) {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / whole);
}
