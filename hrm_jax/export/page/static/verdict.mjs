import { place } from "./alphabet.mjs";
import { counted, duration, percent } from "./words.mjs";

/** Wrong cells that are named one by one. */
const NAMED = 4;

/**
 * What came of a puzzle.
 *
 * @returns `[text, kind]`, kind "right" or "wrong"
 */
export function verdict(puzzle, tokens, segments, truth) {
  const last = segments[segments.length - 1];
  const answer = last.beliefs.answer;
  const wrong = puzzle.wrongCells(tokens, answer, truth);
  const flaw = puzzle.flaw(tokens, answer);
  const told = `${thought(segments)} ${costs(segments)}`;
  if (!flaw) return [`Right: ${puzzle.praise(tokens)}. ${told}`, "right"];
  return [`Wrong: ${flaw}. ${where(wrong, puzzle.cols)} ${told}`, "wrong"];
}

function where(wrong, columns) {
  const named = [...wrong].slice(0, NAMED).map((cell) => place(cell, columns));
  const more = wrong.size - named.length;
  const rest = more > 0 ? `; and ${more} more` : "";
  const are = wrong.size === 1 ? "is" : "are";
  return `${counted(wrong.size, "cell")} ${are} wrong: ${named.join("; ")}${rest}.`;
}

function thought(segments) {
  const last = segments[segments.length - 1];
  const sure = percent(last.confidence);
  const after = counted(segments.length, "segment");
  return last.wish
    ? `The model halted by itself after ${after}, ${sure} sure of its answer.`
    : `The model was never sure enough to halt: after ${after} it is only ${sure} sure.`;
}

function costs(segments) {
  const whole = segments.reduce((sum, segment) => sum + segment.milliseconds, 0);
  return `It computed for ${duration(whole)}.`;
}
