import { Alphabet } from "./alphabet.mjs";
import { makeMaze } from "./maze_maker.mjs";
import { distances, neighbours } from "./flood.mjs";
import { GOAL, OPEN, PATH, START, WALL } from "./tokens.mjs";

/** A maze with nothing but walls around it: its rules, and how it is written. */
export class Maze {
  /** @param task of a package's manifest */
  constructor(task) {
    this.name = task.name;
    this.rows = task.rows;
    this.cols = task.cols;
    this.cells = task.rows * task.cols;
    this.alphabet = new Alphabet(
      task.alphabet,
      Array.from(task.alphabet.slice(1), (signs) => `'${signs[0]}'`).join(", "),
    );
  }

  /** A board without a wall, its start and goal in two corners. */
  empty() {
    const tokens = new Int32Array(this.cells).fill(OPEN);
    tokens[0] = START;
    tokens[this.cells - 1] = GOAL;
    return tokens;
  }

  encode(text) {
    return this.alphabet.encode(text.replace(/[\r\n]/g, ""), this.cells, this.cols);
  }

  decode(tokens) {
    return this.alphabet.decode(tokens);
  }

  /** Why a maze has no answer, "no path leads from S to G", or null. */
  contradiction(tokens) {
    for (const [sign, token] of [
      ["S", START],
      ["G", GOAL],
    ]) {
      const found = tokens.filter((t) => t === token).length;
      if (found !== 1) return `it has ${found} ${sign} instead of 1`;
    }
    return this.length(tokens) === 0 ? "no path leads from S to G" : null;
  }

  /** Cells of a shortest path, start and goal among them; 0 if there is none. */
  length(tokens) {
    return this.pathLength(tokens, (cell) => tokens[cell] > WALL);
  }

  /** The same through cells alone that an answer marks. */
  markedLength(tokens, answer) {
    return this.pathLength(tokens, (cell) => this.marked(tokens, answer, cell));
  }

  marked(tokens, answer, cell) {
    return answer[cell] === PATH || tokens[cell] === START || tokens[cell] === GOAL;
  }

  pathLength(tokens, passable) {
    const steps = distances(this, passable, tokens.indexOf(START));
    return steps[tokens.indexOf(GOAL)] + 1;
  }

  /** See Sudoku.study; a maze may have several right answers, so there is no `truth`. */
  study(tokens) {
    const broken = this.contradiction(tokens);
    const refusal = broken && `This maze has no answer: ${broken}.`;
    return { refusal, truth: null };
  }

  /** Is an answer the maze itself at a cell, but for path on open cells? */
  keeps(tokens, answer, cell) {
    return answer[cell] === PATH ? tokens[cell] === OPEN : answer[cell] === tokens[cell];
  }

  /** What is wrong with an answer to a maze that has one, or null. */
  flaw(tokens, answer) {
    const shortest = this.length(tokens);
    if (!tokens.every((_, cell) => this.keeps(tokens, answer, cell))) {
      return "it changes the maze";
    }
    const found = this.markedLength(tokens, answer);
    if (!found) return "its path does not lead from S to G";
    if (found > shortest) {
      return `its path has ${found} cells, but the shortest has ${shortest}`;
    }
    const marks = answer.filter((token) => token === PATH).length;
    return marks + 2 === shortest ? null : "it marks cells beside its path";
  }

  /**
   * The cells in which an answer is wrong: a Set. They are cells that it changes, and
   * where it differs from the shortest path that it agrees with most.
   */
  wrongCells(tokens, answer) {
    const nearest = this.nearestPath(tokens, answer);
    const wrong = (cell) =>
      !this.keeps(tokens, answer, cell) ||
      (tokens[cell] === OPEN && (answer[cell] === PATH) !== nearest.has(cell));
    return new Set(Array.from(tokens.keys()).filter(wrong));
  }

  /** The shortest path of which an answer marks most: a Set of cells. */
  nearestPath(tokens, answer) {
    const goal = tokens.indexOf(GOAL);
    const open = (cell) => tokens[cell] > WALL;
    const steps = distances(this, open, tokens.indexOf(START));
    const before = (cell) =>
      neighbours(this, cell).filter((c) => open(c) && steps[c] === steps[cell] - 1);
    const reached = Array.from(tokens.keys()).filter((cell) => steps[cell] >= 0);
    reached.sort((one, other) => steps[one] - steps[other]);
    const unmarked = new Int32Array(this.cells);
    const best = (cells) =>
      cells.reduce((one, other) => (unmarked[other] < unmarked[one] ? other : one));
    for (const cell of reached.slice(1)) {
      unmarked[cell] = unmarked[best(before(cell))] + (answer[cell] === PATH ? 0 : 1);
    }
    const path = new Set([goal]);
    for (let cell = goal; steps[cell] > 0; path.add(cell)) cell = best(before(cell));
    return path;
  }

  /** A random maze like those that the model was trained on. */
  generate(difficulty, random, pause) {
    return makeMaze(this, difficulty, random, pause);
  }

  /** A right answer in words. */
  praise(tokens) {
    return `no path from S to G has fewer than its ${this.length(tokens)} cells`;
  }
}
