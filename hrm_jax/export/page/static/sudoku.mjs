import { Alphabet, place } from "./alphabet.mjs";
import { makeSudoku } from "./sudoku_maker.mjs";
import { solutions } from "./search.mjs";
import { BLANK } from "./tokens.mjs";

/** Guesses after which a puzzle counts as too hard to be checked here. */
const PATIENCE = 20_000;

/** A Sudoku made of boxes of any shape: its rules, and boards as people write them. */
export class Sudoku {
  /** @param task of a package's manifest */
  constructor(task) {
    this.name = task.name;
    this.boxRows = task.box_rows;
    this.boxCols = task.box_cols;
    this.size = this.rows = this.cols = task.rows;
    this.cells = this.size ** 2;
    const last = task.alphabet[this.size + 1];
    this.alphabet = new Alphabet(task.alphabet, `1 to ${last} and '.'`);
    const all = Array.from({ length: this.cells }, (_, cell) => cell);
    const groups = [this.row, this.column, this.box].map((group) => group.bind(this));
    /** The cells of each row, then of each column, then of each box. */
    this.units = groups.flatMap((group) =>
      Array.from({ length: this.size }, (_, i) => all.filter((c) => group(c) === i)),
    );
  }

  row(cell) {
    return Math.floor(cell / this.size);
  }

  column(cell) {
    return cell % this.size;
  }

  box(cell) {
    const band = Math.floor(this.row(cell) / this.boxRows);
    return band * this.boxRows + Math.floor(this.column(cell) / this.boxCols);
  }

  /** A board without a clue. */
  empty() {
    return new Int32Array(this.cells).fill(BLANK);
  }

  encode(text) {
    return this.alphabet.encode(text.replace(/\s/g, ""), this.cells, this.size);
  }

  decode(tokens) {
    return this.alphabet.decode(tokens);
  }

  sign(token) {
    return token > BLANK ? this.alphabet.sign(token) : "";
  }

  /** What a board breaks, "row 2 holds 5 twice", or null. Blanks are allowed. */
  contradiction(tokens) {
    for (const [number, unit] of this.units.entries()) {
      const seen = new Set();
      const twice = new Set();
      for (const cell of unit) {
        if (tokens[cell] > BLANK && seen.has(tokens[cell])) twice.add(tokens[cell]);
        seen.add(tokens[cell]);
      }
      if (twice.size) {
        const kind = ["row", "column", "box"][Math.floor(number / this.size)];
        const digit = this.sign(Math.min(...twice));
        return `${kind} ${(number % this.size) + 1} holds ${digit} twice`;
      }
    }
    return null;
  }

  /** The cells whose digit stands in their row, column or box once more. */
  clashes(tokens) {
    const found = new Set();
    for (const unit of this.units) {
      for (const cell of unit) {
        const same = (c) => c !== cell && tokens[c] === tokens[cell];
        if (tokens[cell] > BLANK && unit.some(same)) found.add(cell);
      }
    }
    return found;
  }

  /**
   * Looks at a puzzle before it is given to a model.
   *
   * @returns `refusal`, a sentence where no model could answer, else null; and `truth`,
   *   tokens of the only solution, null where that is not known
   */
  study(tokens) {
    const refused = (refusal) => ({ refusal, truth: null });
    const broken = this.contradiction(tokens);
    if (broken) return refused(`This has no solution: ${broken}.`);
    if (!tokens.includes(BLANK)) {
      return refused("There is nothing to solve: no cell is blank.");
    }
    const found = solutions(this, tokens, 2, PATIENCE);
    if (found.count > 1) {
      return refused(
        "This has more than one solution, so there is no right answer: add a clue.",
      );
    }
    if (found.gaveUp) return { refusal: null, truth: null };
    if (found.count === 0) {
      return refused("This has no solution, though no digit stands twice: change a clue.");
    }
    return { refusal: null, truth: found.answer };
  }

  /** What is wrong with an answer, or null. */
  flaw(tokens, answer) {
    const changed = (cell) => tokens[cell] > BLANK && answer[cell] !== tokens[cell];
    const failed = (cell) => answer[cell] <= BLANK;
    const all = Array.from(tokens.keys());
    for (const [what, holds] of [
      ["changes the clue", changed],
      ["fails", failed],
    ]) {
      const cell = all.find(holds);
      if (cell !== undefined) return `it ${what} at ${place(cell, this.size)}`;
    }
    return this.contradiction(answer);
  }

  /** The cells in which an answer is wrong: a Set. */
  wrongCells(tokens, answer, truth) {
    const all = Array.from(tokens.keys());
    if (truth) return new Set(all.filter((cell) => answer[cell] !== truth[cell]));
    const clashing = this.clashes(answer);
    return new Set(
      all.filter(
        (cell) =>
          clashing.has(cell) ||
          answer[cell] <= BLANK ||
          (tokens[cell] > BLANK && answer[cell] !== tokens[cell]),
      ),
    );
  }

  /** A random puzzle like those that the model was trained on. */
  generate(difficulty, random, pause) {
    return makeSudoku(this, difficulty, random, pause);
  }

  /** A right answer in words. */
  praise() {
    return `every row, column and box holds each digit once`;
  }
}
