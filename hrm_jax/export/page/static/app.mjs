import { place } from "./alphabet.mjs";
import { fillCard } from "./card.mjs";
import { backends, Engine } from "./engine.mjs";
import { element, Grid } from "./grid.mjs";
import { Maze } from "./maze.mjs";
import { MazeBoard } from "./maze_board.mjs";
import { Mistake } from "./mistake.mjs";
import { payload } from "./payload.mjs";
import { Random } from "./random.mjs";
import { Reasoner } from "./reasoner.mjs";
import { Sudoku } from "./sudoku.mjs";
import { SudokuBoard } from "./sudoku_board.mjs";
import { Timeline } from "./timeline.mjs";
import { pacer, pauses } from "./time.mjs";
import { verdict } from "./verdict.mjs";
import { capital, counted, sized } from "./words.mjs";

const KINDS = { sudoku: [Sudoku, SudokuBoard], maze: [Maze, MazeBoard] };

/** The page: a puzzle, a model, and what it thought of the puzzle. */
class App {
  constructor(page) {
    this.page = page;
    const [Puzzle, Board] = KINDS[this.page.task.kind];
    this.puzzle = new Puzzle(this.page.task);
    this.random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]);
    this.find = (id) => document.getElementById(id);
    this.grid = new Grid(this.find("board"), this.puzzle, () => this.explain());
    const change = (tokens) => this.edit(tokens);
    this.board = new Board(this.puzzle, this.grid, this.find("controls"), change);
    this.reasoner = new Reasoner(this.page, (inputs) => this.engine.run(inputs));
    const { max_segments, min_confidence } = this.page.halting;
    this.timeline = new Timeline(
      this.find("timeline"),
      max_segments,
      Math.max(min_confidence, 0.5),
      (index) => this.step(index),
    );
    this.engine = null;
    /** How often a backend was chosen, and a board: what is late is told by it. */
    this.choice = 0;
    this.turn = 0;
    this.edit(this.puzzle.empty());
    this.dress();
  }

  /** Fills in what depends on the package, and listens. */
  dress() {
    const name = sized(this.puzzle.name);
    document.title = `${name}: watch a small network think`;
    this.find("kind").textContent = name;
    this.grid.root.setAttribute("aria-label", this.puzzle.name);
    this.find("make").textContent = `New ${name.split(" ").pop()}`;
    this.find("help").textContent = this.board.help;
    fillCard(this.find("card"), this.page);
    for (const [classes, says] of this.board.legend) {
      const item = element("li", "", says);
      item.prepend(element("span", `cell swatch ${classes}`));
      this.find("legend").append(item);
    }
    this.find("solve").addEventListener("click", () => this.solve());
    this.find("make").addEventListener("click", () => this.make());
    this.find("clear").addEventListener("click", () => this.edit(this.puzzle.empty()));
    this.grid.root.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.solve();
    });
    document.addEventListener("paste", (event) => this.paste(event));
    document.addEventListener("copy", (event) => this.copy(event));
  }

  /** Begins with a puzzle, and loads the model. */
  async begin() {
    const found = await backends();
    const choice = this.find("backend");
    for (const { backend, says } of found) choice.append(new Option(says, backend));
    if (!found.some(({ backend }) => backend === "webgpu")) {
      const none = new Option("GPU: this browser has no WebGPU", "");
      none.disabled = true;
      choice.append(none);
    }
    choice.addEventListener("change", () => this.load(choice.value));
    this.load(found[0].backend);
    await this.make();
  }

  /** Loads the model into a backend; a GPU that fails leaves it to the CPU. */
  load(backend) {
    if (this.segments.length || this.find("solve").dataset.busy) this.edit(this.tokens);
    this.engine?.stop();
    this.engine = null;
    this.tell("Loading the model…", "");
    const choice = ++this.choice;
    this.ready = this.start(backend).then(
      ([engine, says]) => {
        if (choice !== this.choice) return engine.stop();
        this.engine = engine;
        this.tell(says, engine.backend);
      },
      (error) => {
        if (choice === this.choice) this.tell(`It cannot run here: ${error.message}.`, "");
        throw error;
      },
    );
    // It has been told, and whoever waits for it hears it again.
    this.ready.catch(() => {});
  }

  /** An engine that has run once, and so has compiled what it runs; and what to say of it. */
  async start(backend) {
    try {
      const engine = await Engine.start(backend);
      const reasoner = new Reasoner(this.page, (inputs) => engine.run(inputs));
      await reasoner.think(this.puzzle.empty()).next();
      const threads = engine.threads > 1 ? `, ${engine.threads} threads` : "";
      return [engine, `Runs on this ${backend === "webgpu" ? "GPU" : `CPU${threads}`}.`];
    } catch (error) {
      if (backend !== "webgpu") throw error;
      const [engine, says] = await this.start("wasm");
      return [engine, `${says} The GPU failed: ${error.message}.`];
    }
  }

  /** Says what the model runs on. */
  tell(says, backend) {
    this.find("status").textContent = says;
    document.body.dataset.backend = backend;
  }

  /** Takes another board; what was thought about the last one is gone. */
  edit(tokens) {
    this.turn += 1;
    this.busy(false);
    this.tokens = tokens;
    this.segments = [];
    this.timeline?.reset();
    this.board.show(tokens, null, new Set());
    this.explain();
    const broken = this.page.task.kind === "sudoku" && this.puzzle.contradiction(tokens);
    this.say(broken ? `${capital(broken)}.` : "", broken ? "refused" : "");
  }

  /** Makes a random puzzle. */
  async make() {
    this.edit(this.puzzle.empty());
    const turn = this.turn;
    this.say("Making a puzzle…");
    try {
      const made = await this.puzzle.generate(this.page.difficulty, this.random, pauses());
      if (turn === this.turn) this.edit(made);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      if (turn === this.turn) this.say(`${capital(error.message)}.`, "refused");
    }
  }

  /** Ends thinking; what was thought stays. */
  stop() {
    this.turn += 1;
    this.busy(false);
    this.say(`Stopped after ${counted(this.segments.length, "segment")}.`);
  }

  /** Lets the model think about the board, or stops it. */
  async solve() {
    if (this.find("solve").dataset.busy) return this.stop();
    this.edit(this.tokens);
    const turn = this.turn;
    const { refusal, truth } = this.puzzle.study(this.tokens);
    if (refusal) return this.say(refusal, "refused");
    this.truth = truth;
    this.busy(true);
    this.say("Thinking…");
    try {
      await this.ready;
      const pace = pacer();
      for await (const segment of this.reasoner.think(this.tokens)) {
        if (turn !== this.turn) return;
        this.segments.push(segment);
        this.timeline.add(segment);
        this.step(this.segments.length - 1);
        if (!segment.halted) await pace();
        if (turn !== this.turn) return;
      }
      this.busy(false);
      this.say(...verdict(this.puzzle, this.tokens, this.segments, truth));
    } catch (error) {
      if (turn !== this.turn) return;
      this.busy(false);
      this.say(`The model stopped: ${error.message}.`, "refused");
    }
  }

  /** Shows a segment that has been thought. */
  step(index) {
    const { beliefs } = this.segments[index];
    const before = this.segments[index - 1]?.beliefs.answer ?? beliefs.answer;
    const changed = beliefs.answer.filter((token, cell) => token !== before[cell]);
    this.shown = this.segments[index];
    const wrong = this.puzzle.wrongCells(this.tokens, beliefs.answer, this.truth);
    this.board.show(this.tokens, this.shown, wrong);
    this.timeline.point(index, changed.length, wrong.size);
    this.explain();
  }

  /** Tells what is believed of the current cell. */
  explain() {
    const { current } = this.grid ?? {};
    const told = this.segments?.length && this.board.explain(current, this.shown);
    this.find("cell").textContent = told
      ? `${capital(place(current, this.puzzle.cols))}: ${told}`
      : "";
  }

  paste(event) {
    const text = event.clipboardData.getData("text");
    if (!text) return;
    event.preventDefault();
    try {
      this.edit(this.puzzle.encode(text));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.say(`What you pasted ${error.message}.`, "refused");
    }
  }

  copy(event) {
    if (!this.grid.root.contains(document.activeElement)) return;
    event.preventDefault();
    event.clipboardData.setData("text", this.puzzle.decode(this.tokens));
  }

  say(text, kind = "") {
    const message = this.find("message");
    message.textContent = text;
    message.dataset.kind = kind;
  }

  busy(busy) {
    const button = this.find("solve");
    button.textContent = busy ? "Stop" : "Solve";
    if (busy) button.dataset.busy = "yes";
    else delete button.dataset.busy;
  }
}

payload("page").then((page) => {
  const app = new App(page);
  // For the console, and for whoever compares answers.
  globalThis.page = app;
  return app.begin();
});
