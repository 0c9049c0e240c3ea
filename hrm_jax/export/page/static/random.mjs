/** A stream of random numbers that a seed determines. */
export class Random {
  /** @param {number} seed an integer */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** A number from 0 up to, but not, 1: mulberry32 by Tommy Ettinger. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to, but not, `bound`. */
  below(bound) {
    return Math.floor(this.next() * bound);
  }

  /** An integer from `low` to `high`, both included. */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** The numbers 0 to `count` - 1 in any order. */
  order(count) {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
