import { place } from "./alphabet.mjs";
import { quietButton } from "./grid.mjs";
import { BLANK } from "./tokens.mjs";
import { percent } from "./words.mjs";

/** Below this a cell counts as unsure. */
const UNSURE = 0.5;
/** Other digits that are shown beside one that is less sure than the second number. */
const [LIKELY, DOUBTED, OTHERS] = [0.1, 0.9, 3];
/** What is less likely is not told of. */
const TOLD = 0.005;

/** How a Sudoku looks, and how it is typed. */
export class SudokuBoard {
  /**
   * @param sudoku the shape
   * @param grid of the page
   * @param {HTMLElement} controls to be filled with keys for fingers
   * @param {(tokens: Int32Array) => void} change called with an edited board
   */
  constructor(sudoku, grid, controls, change) {
    this.sudoku = sudoku;
    this.grid = grid;
    this.change = change;
    this.tokens = sudoku.empty();
    grid.root.classList.add("sudoku");
    grid.root.addEventListener("pointerdown", (event) => {
      const cell = grid.cellAt(event.target);
      if (cell >= 0) grid.focus(cell);
    });
    grid.root.addEventListener("keydown", (event) => this.type(event));
    controls.classList.add("pad");
    controls.setAttribute("aria-label", "Digits");
    for (let token = BLANK + 1; token <= BLANK + sudoku.size; token++) {
      const sign = sudoku.sign(token);
      controls.append(quietButton(sign, `Enter ${sign}`, () => this.enter(token)));
    }
    controls.append(quietButton("⌫", "Erase the cell", () => this.enter(BLANK)));
  }

  /** What one may do, in a line. */
  get help() {
    return "Type digits, or paste a whole board, row by row, with . for a blank.";
  }

  type(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const erases = ["Backspace", "Delete", " "].includes(event.key);
    const sign = event.key.length === 1 ? event.key.toUpperCase() : "";
    const token = erases ? BLANK : sign && this.sudoku.alphabet.token(sign);
    if (!token) return;
    event.preventDefault();
    this.enter(token);
  }

  enter(token) {
    const tokens = this.tokens.slice();
    tokens[this.grid.current] = token;
    this.change(tokens);
  }

  /** Shows a board, and what a segment believes of it if there is one. */
  show(tokens, segment, wrong) {
    this.tokens = tokens;
    const clashing = this.sudoku.clashes(tokens);
    for (let cell = 0; cell < tokens.length; cell++) {
      const look = this.look(cell, segment, wrong);
      look.classes.push(...this.edges(cell));
      if (clashing.has(cell)) look.classes.push("clash");
      this.grid.paint(cell, look);
    }
  }

  look(cell, segment, wrong) {
    const { sudoku, tokens } = this;
    const at = place(cell, sudoku.size);
    const clue = tokens[cell] > BLANK;
    if (!segment || (clue && !wrong.has(cell))) {
      const sign = sudoku.sign(tokens[cell]);
      const label = `${at}, ${clue ? `clue ${sign}` : "blank"}`;
      return { sign, classes: clue ? ["clue"] : [], label };
    }
    const { beliefs } = segment;
    const sure = beliefs.sure(cell);
    const sign = sudoku.sign(beliefs.answer[cell]) || "?";
    const classes = ["guess"];
    if (sure < UNSURE) classes.push("unsure");
    if (wrong.has(cell)) classes.push("wrong");
    const others = sure < DOUBTED ? beliefs.likely(cell, LIKELY) : [];
    const marks = others
      .filter((token) => token > BLANK && token !== beliefs.answer[cell])
      .slice(0, OTHERS)
      .map((token) => sudoku.sign(token));
    const flaw = wrong.has(cell) ? ", wrong" : "";
    const label = `${at}, ${sign}, ${percent(sure)} sure${flaw}`;
    return { sign, marks: marks.join(""), classes, sure, label };
  }

  /** Where a cell borders on another box. */
  edges(cell) {
    const { sudoku } = this;
    const [row, column] = [sudoku.row(cell), sudoku.column(cell)];
    const edges = [];
    if ((row + 1) % sudoku.boxRows === 0) edges.push("bottom");
    if ((column + 1) % sudoku.boxCols === 0) edges.push("right");
    return edges;
  }

  /** What a segment believes of a cell, in a line. */
  explain(cell, { beliefs }) {
    const likely = beliefs.likely(cell, TOLD).slice(0, OTHERS + 1);
    const says = (token) => this.sudoku.sign(token) || "blank";
    return likely.map((t) => `${says(t)} (${percent(beliefs.of(cell, t))})`).join(", ");
  }

  /** What the colours mean: pairs of classes and words. */
  get legend() {
    return [
      ["clue", "clue"],
      ["guess sure", "sure"],
      ["guess unsure", "unsure"],
      ["guess wrong", "wrong: differs from the only solution"],
    ];
  }
}
