import { element } from "./grid.mjs";
import { counted, duration, percent } from "./words.mjs";

/** The segments of one answer, side by side, and the way back through them. */
export class Timeline {
  /**
   * @param {HTMLElement} root holds the elements that it fills, by their class
   * @param {number} most segments
   * @param {number} sure confidence from which the model halts
   * @param {(index: number) => void} show called when another segment is to be shown
   */
  constructor(root, most, sure, show) {
    this.root = root;
    this.most = most;
    this.show = show;
    const find = (name) => root.querySelector(`.${name}`);
    this.bars = find("bars");
    this.slider = find("slider");
    this.told = find("told");
    [this.back, this.forth] = [find("back"), find("forth")];
    this.bars.style.setProperty("--threshold", sure);
    find("threshold-says").textContent = `halts at ${percent(sure)}`;
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value) - 1));
    this.back.addEventListener("click", () => this.show(this.index - 1));
    this.forth.addEventListener("click", () => this.show(this.index + 1));
    this.reset();
  }

  /** Forgets all segments. */
  reset() {
    this.segments = [];
    this.index = -1;
    this.root.hidden = true;
    this.bars.replaceChildren();
    for (let number = 1; number <= this.most; number++) {
      const bar = element("div", "bar");
      bar.append(element("span", "fill"), element("span", "number", String(number)));
      bar.addEventListener("click", () => {
        if (number <= this.segments.length) this.show(number - 1);
      });
      this.bars.append(bar);
    }
  }

  add(segment) {
    this.segments.push(segment);
    this.root.hidden = false;
    const bar = this.bars.children[segment.number - 1];
    bar.classList.add("done");
    if (segment.wish) bar.classList.add("wish");
    bar.style.setProperty("--height", segment.confidence.toFixed(3));
    bar.title = `Segment ${segment.number}: ${percent(segment.confidence)} sure`;
  }

  /**
   * Points at a segment.
   *
   * @param index from 0
   * @param {number} changed cells that it answered otherwise than the one before
   * @param {number} wrong cells
   */
  point(index, changed, wrong) {
    this.index = index;
    const segment = this.segments[index];
    [...this.bars.children].forEach((bar, i) =>
      bar.classList.toggle("shown", i === index),
    );
    this.slider.max = this.segments.length;
    this.slider.value = index + 1;
    this.slider.disabled = this.segments.length < 2;
    this.back.disabled = index === 0;
    this.forth.disabled = index === this.segments.length - 1;
    const sure = `${percent(segment.confidence)} sure`;
    const halts = segment.wish ? "halts here" : segment.halted ? "out of segments" : "thinks on";
    const facts = [
      `Segment ${segment.number} of at most ${this.most}`,
      `${sure}, ${halts}`,
      duration(segment.milliseconds),
      index > 0 && `${counted(changed, "cell")} changed`,
      `${counted(wrong, "cell")} wrong`,
    ];
    this.told.replaceChildren(
      ...facts.filter(Boolean).map((fact) => element("span", "fact", fact)),
    );
    this.slider.setAttribute("aria-valuetext", `Segment ${segment.number}, ${sure}`);
  }
}
