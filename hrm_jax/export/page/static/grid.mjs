const STEPS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A board on the page: one stop for Tab, inside of which the arrow keys move. */
export class Grid {
  /**
   * @param {HTMLElement} root to be filled
   * @param shape `rows`, `cols` and `cells` of the board
   * @param {(cell: number) => void} visited called when another cell is the current one
   */
  constructor(root, shape, visited) {
    this.root = root;
    this.shape = shape;
    this.visited = visited;
    this.current = 0;
    root.setAttribute("role", "grid");
    root.setAttribute("aria-rowcount", shape.rows);
    root.setAttribute("aria-colcount", shape.cols);
    root.style.setProperty("--rows", shape.rows);
    root.style.setProperty("--cols", shape.cols);
    /** The elements of the cells. */
    this.cells = [];
    for (let row = 0; row < shape.rows; row++) root.append(this.makeRow());
    root.addEventListener("keydown", (event) => this.step(event));
    root.addEventListener("focusin", (event) => this.visit(this.cellAt(event.target)));
    this.visit(0);
  }

  makeRow() {
    const row = element("div", "row");
    row.setAttribute("role", "row");
    for (let column = 0; column < this.shape.cols; column++) {
      const cell = element("div", "cell");
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = -1;
      cell.append(element("span", "sign"), element("span", "marks"));
      this.cells.push(cell);
      row.append(cell);
    }
    return row;
  }

  /** The number of the cell that an element is, or is in; -1 for none. */
  cellAt(target) {
    return this.cells.indexOf(target?.closest?.(".cell"));
  }

  /** Makes a cell the current one. */
  visit(cell) {
    if (cell < 0) return;
    this.cells[this.current].tabIndex = -1;
    this.cells[this.current].classList.remove("current");
    this.current = cell;
    this.cells[cell].tabIndex = 0;
    this.cells[cell].classList.add("current");
    this.visited(cell);
  }

  focus(cell = this.current) {
    this.cells[cell].focus();
  }

  step(event) {
    const { rows, cols } = this.shape;
    const [row, column] = [Math.floor(this.current / cols), this.current % cols];
    let goal = null;
    if (event.key === "Home") goal = row * cols;
    if (event.key === "End") goal = (row + 1) * cols - 1;
    const step = STEPS[event.key];
    if (step && !event.altKey && !event.metaKey) {
      const [y, x] = [row + step[0], column + step[1]];
      const inside = y >= 0 && y < rows && x >= 0 && x < cols;
      goal = inside ? y * cols + x : this.current;
    }
    if (goal === null) return;
    event.preventDefault();
    this.focus(goal);
  }

  /**
   * Shows a cell.
   *
   * @param look `sign`, `marks` (small signs), `classes`, `sure` (0 to 1, its shade) and
   *   `label`, all of this in words
   */
  paint(cell, { sign, marks = "", classes, sure = 0, label }) {
    const shown = this.cells[cell];
    shown.firstChild.textContent = sign;
    shown.lastChild.textContent = marks;
    const current = cell === this.current ? ["current"] : [];
    shown.className = ["cell", ...classes, ...current].join(" ");
    shown.style.setProperty("--sure", sure.toFixed(3));
    shown.setAttribute("aria-label", label);
  }
}

/** An element with a class. */
export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A button that leaves the focus where it is, so that a board keeps its cell. */
export function quietButton(text, label, pressed) {
  const button = element("button", "key", text);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", pressed);
  return button;
}
