import { Mistake } from "./mistake.mjs";
import { masksOf, narrowest, propagate, solutions, tokensOf } from "./search.mjs";
import { BLANK } from "./tokens.mjs";

/** Boards after which puzzles with so many blanks are said to be too rare. */
const BOARDS = 1024;

/**
 * A random Sudoku with one solution, made as data_pipeline/sudoku/generator.py makes
 * them: a random full board, from which cells are taken in any order while the solution
 * stays the only one, until as many are blank as were drawn, or as can be.
 *
 * @param sudoku the shape
 * @param difficulty least and most blanks: `min_blanks`, `max_blanks`
 * @param random a Random
 * @param pause awaited often, so that a page stays alive
 * @returns a promise of tokens
 */
export async function makeSudoku(sudoku, difficulty, random, pause = async () => {}) {
  for (let tried = 0; tried < BOARDS; tried++) {
    const answer = randomBoard(sudoku, random);
    const wanted = random.between(difficulty.min_blanks, difficulty.max_blanks);
    const puzzle = answer.slice();
    let blanks = 0;
    for (const cell of random.order(sudoku.cells)) {
      if (blanks === wanted) break;
      puzzle[cell] = BLANK;
      if (solutions(sudoku, puzzle).count === 1) blanks += 1;
      else puzzle[cell] = answer[cell];
      await pause();
    }
    if (blanks >= difficulty.min_blanks) return puzzle;
  }
  throw new Mistake(`no puzzle with ${difficulty.min_blanks} blanks was found`);
}

/** A full board: random digits in the narrowest cells, all consequences drawn. */
function randomBoard(sudoku, random) {
  const empty = masksOf(sudoku, sudoku.empty());
  let masks = empty.slice();
  for (;;) {
    if (!propagate(sudoku, masks)) masks = empty.slice();
    const cell = narrowest(masks);
    if (cell < 0) return tokensOf(masks);
    const digits = [];
    for (let rest = masks[cell]; rest; rest &= rest - 1) digits.push(rest & -rest);
    masks[cell] = digits[random.below(digits.length)];
  }
}
