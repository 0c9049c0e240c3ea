import { BLANK } from "./tokens.mjs";

/**
 * Solutions of a Sudoku, by propagation and search on bit masks: the rules and the
 * guesses of data_pipeline/sudoku/solver.py.
 *
 * @param sudoku the shape
 * @param tokens a board, blanks among them
 * @param limit solutions after which the search ends; 2 tells one from many
 * @param patience guesses after which it gives up
 * @returns `answer`, tokens of the last solution found or null; `count` of solutions;
 *   `guesses`, how often a cell had to be guessed; `gaveUp`
 */
export function solutions(sudoku, tokens, limit = 2, patience = Infinity) {
  const stack = [masksOf(sudoku, tokens)];
  const found = { answer: null, count: 0, guesses: 0, gaveUp: false };
  while (stack.length && found.count < limit) {
    const masks = stack.pop();
    if (!propagate(sudoku, masks)) continue;
    const cell = narrowest(masks);
    if (cell < 0) {
      found.answer = tokensOf(masks);
      found.count += 1;
      continue;
    }
    if (found.guesses === patience) {
      found.gaveUp = true;
      break;
    }
    found.guesses += 1;
    for (let rest = masks[cell]; rest; rest &= rest - 1) {
      const child = masks.slice();
      child[cell] = rest & -rest;
      stack.push(child);
    }
  }
  return found;
}

/** One bit for a digit, all bits for a blank. */
export function masksOf(sudoku, tokens) {
  const full = (1 << sudoku.size) - 1;
  return Int32Array.from(tokens, (token) =>
    token > BLANK ? 1 << (token - BLANK - 1) : full,
  );
}

/** Tokens of masks that hold one bit each. */
export function tokensOf(masks) {
  return masks.map((mask) => 31 - Math.clz32(mask) + BLANK + 1);
}

/** The first cell with the fewest digits, two at least; -1 where all are settled. */
export function narrowest(masks) {
  let best = -1;
  let least = 33;
  for (let cell = 0; cell < masks.length; cell++) {
    const width = bitCount(masks[cell]);
    if (width > 1 && width < least) [best, least] = [cell, width];
  }
  return best;
}

/**
 * Draws all consequences, in place: a settled digit leaves the other cells of its units;
 * a digit that has one place left in a unit goes there.
 *
 * @returns can the board still have a solution?
 */
export function propagate(sudoku, masks) {
  const full = (1 << sudoku.size) - 1;
  for (let moving = true; moving; ) {
    moving = false;
    for (const unit of sudoku.units) {
      let taken = 0;
      for (const cell of unit) {
        if (!isSingle(masks[cell])) continue;
        if (taken & masks[cell]) return false;
        taken |= masks[cell];
      }
      let once = 0;
      let twice = 0;
      for (const cell of unit) {
        if (!isSingle(masks[cell]) && masks[cell] & taken) {
          masks[cell] &= ~taken;
          moving = true;
        }
        if (masks[cell] === 0) return false;
        twice |= once & masks[cell];
        once |= masks[cell];
      }
      if (once !== full) return false;
      const lone = once & ~twice & ~taken;
      if (!lone) continue;
      for (const cell of unit) {
        const hidden = masks[cell] & lone;
        if (!hidden || hidden === masks[cell]) continue;
        if (!isSingle(hidden)) return false; // two digits need this cell
        masks[cell] = hidden;
        moving = true;
      }
    }
  }
  return true;
}

function isSingle(mask) {
  return mask !== 0 && (mask & (mask - 1)) === 0;
}

function bitCount(mask) {
  let count = 0;
  for (let rest = mask; rest; rest &= rest - 1) count += 1;
  return count;
}
