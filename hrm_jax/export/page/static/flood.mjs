/**
 * Steps from a cell to each cell of a board.
 *
 * @param shape `rows`, `cols` and `cells` of the board
 * @param passable of a cell: may one step on it? The start is passable anyway.
 * @param start a cell, or -1 for none
 * @returns Int32Array by cell, -1 where none lead there
 */
export function distances(shape, passable, start) {
  const steps = new Int32Array(shape.cells).fill(-1);
  if (start < 0) return steps;
  steps[start] = 0;
  const queue = [start];
  for (let next = 0; next < queue.length; next++) {
    const cell = queue[next];
    for (const near of neighbours(shape, cell)) {
      if (steps[near] >= 0 || !passable(near)) continue;
      steps[near] = steps[cell] + 1;
      queue.push(near);
    }
  }
  return steps;
}

/** The up to four cells beside a cell: down, left, right, up. */
export function neighbours(shape, cell) {
  const column = cell % shape.cols;
  const beside = [];
  if (cell + shape.cols < shape.cells) beside.push(cell + shape.cols);
  if (column > 0) beside.push(cell - 1);
  if (column + 1 < shape.cols) beside.push(cell + 1);
  if (cell >= shape.cols) beside.push(cell - shape.cols);
  return beside;
}
