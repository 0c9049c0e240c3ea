import { place } from "./alphabet.mjs";
import { quietButton } from "./grid.mjs";
import { GOAL, OPEN, PATH, START, WALL } from "./tokens.mjs";
import { percent } from "./words.mjs";

const NAMES = { [WALL]: "wall", [OPEN]: "open", [START]: "start", [GOAL]: "goal" };
const TOOLS = [
  [WALL, "Walls"],
  [START, "Start S"],
  [GOAL, "Goal G"],
];
/** A belief in path between these is unsure. */
const [NO, YES] = [0.2, 0.8];

/** How a maze looks, and how it is drawn. */
export class MazeBoard {
  /** See SudokuBoard. */
  constructor(maze, grid, controls, change) {
    this.maze = maze;
    this.grid = grid;
    this.change = change;
    this.tokens = maze.empty();
    /** What a finger draws, and what it draws in this stroke. */
    this.tool = WALL;
    this.stroke = null;
    const { root } = grid;
    root.classList.add("maze");
    root.addEventListener("keydown", (event) => this.type(event));
    root.addEventListener("pointerdown", (event) => this.press(event));
    root.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      root.addEventListener(end, () => (this.stroke = null));
    }
    controls.classList.add("tools");
    controls.setAttribute("aria-label", "What to draw");
    this.buttons = TOOLS.map(([token, name]) =>
      quietButton(name, `Draw: ${name}`, () => this.take(token)),
    );
    controls.append(...this.buttons);
    this.take(WALL);
  }

  get help() {
    return (
      "Draw walls with the mouse or a finger, drag S and G; or use the arrow keys, " +
      "space for a wall, S and G."
    );
  }

  take(token) {
    this.tool = token;
    this.buttons.forEach((button, i) =>
      button.setAttribute("aria-pressed", TOOLS[i][0] === token),
    );
  }

  type(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = this.grid.current;
    const toggled = this.tokens[cell] === WALL ? OPEN : WALL;
    const draws = { " ": toggled, "#": WALL, ".": OPEN, s: START, g: GOAL };
    const erases = { backspace: OPEN, delete: OPEN };
    const token = { ...draws, ...erases }[event.key.toLowerCase()];
    if (!token) return;
    event.preventDefault();
    this.draw(cell, token);
  }

  press(event) {
    const cell = this.grid.cellAt(event.target);
    if (cell < 0 || event.button !== 0) return;
    this.grid.focus(cell);
    const held = this.tokens[cell];
    if (held === START || held === GOAL) this.stroke = held;
    else if (this.tool === WALL) this.stroke = held === WALL ? OPEN : WALL;
    else this.stroke = this.tool;
    event.preventDefault();
    this.draw(cell, this.stroke);
  }

  drag(event) {
    if (this.stroke === null || event.buttons === 0) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const cell = this.grid.cellAt(under);
    if (cell >= 0) this.draw(cell, this.stroke);
  }

  /** Puts a token into a cell; start and goal move there, and are never drawn over. */
  draw(cell, token) {
    const held = this.tokens[cell];
    if (held === token) return;
    const tokens = this.tokens.slice();
    if (token === START || token === GOAL) {
      const from = tokens.indexOf(token);
      // Where the other of the two stands, they change places.
      if (from >= 0) tokens[from] = held === START || held === GOAL ? held : OPEN;
    } else if (held === START || held === GOAL) return;
    tokens[cell] = token;
    this.change(tokens);
  }

  /** See SudokuBoard. */
  show(tokens, segment, wrong) {
    this.tokens = tokens;
    for (let cell = 0; cell < tokens.length; cell++) {
      this.grid.paint(cell, this.look(cell, segment, wrong));
    }
  }

  look(cell, segment, wrong) {
    const held = this.tokens[cell];
    const at = place(cell, this.maze.cols);
    const ends = held === START || held === GOAL;
    const sign = ends ? this.maze.alphabet.sign(held) : "";
    const classes = [NAMES[held]];
    if (!segment) return { sign, classes, label: `${at}, ${NAMES[held]}` };
    const path = segment.beliefs.of(cell, PATH);
    const said = segment.beliefs.answer[cell];
    if (said === PATH) classes.push("path");
    if (held === OPEN && path > NO && path < YES) classes.push("unsure");
    if (wrong.has(cell)) classes.push("wrong");
    const says = said === held ? "" : `, ${said === PATH ? "path" : NAMES[said] ?? "nothing"}`;
    const flaw = wrong.has(cell) ? ", wrong" : "";
    const label = `${at}, ${NAMES[held]}${says}, ${percent(path)} path${flaw}`;
    return { sign, classes, sure: held === OPEN || said === PATH ? path : 0, label };
  }

  explain(cell, segment) {
    return `path ${percent(segment.beliefs.of(cell, PATH))}`;
  }

  get legend() {
    return [
      ["wall", "wall"],
      ["open path sure", "path, sure"],
      ["open unsure", "unsure"],
      ["open wrong", "wrong: differs from the nearest shortest path"],
    ];
  }
}
