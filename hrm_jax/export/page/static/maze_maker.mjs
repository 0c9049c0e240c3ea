import { distances } from "./flood.mjs";
import { Mistake } from "./mistake.mjs";
import { GOAL, OPEN, START, WALL } from "./tokens.mjs";

/** Boards after which mazes with so long a path are said to be too rare. */
const BOARDS = 262_144;
/** Goals that are tried for a start. */
const GOALS = 4;

/**
 * A random maze with a long way to its goal, made as data_pipeline/maze/generator.py
 * makes them: each cell is a wall with a probability that is drawn for the board; start
 * and goal are any open cells; what has no such path is thrown away.
 *
 * @param maze the shape
 * @param difficulty cells of the shortest path at least, and the share of walls:
 *   `min_path`, `min_walls`, `max_walls`
 * @param random a Random
 * @param pause awaited often, so that a page stays alive
 * @returns a promise of tokens
 */
export async function makeMaze(maze, difficulty, random, pause = async () => {}) {
  const { min_path, min_walls, max_walls } = difficulty;
  const least = Math.max(min_path - 1, 1);
  for (let tried = 0; tried < BOARDS; tried++) {
    await pause();
    const share = min_walls + (max_walls - min_walls) * random.next();
    const tokens = new Int32Array(maze.cells);
    for (let cell = 0; cell < maze.cells; cell++) {
      tokens[cell] = random.next() < share ? WALL : OPEN;
    }
    const start = random.below(maze.cells);
    tokens[start] = START;
    const steps = distances(maze, (cell) => tokens[cell] > WALL, start);
    const far = Array.from(steps.keys()).filter((cell) => steps[cell] >= least);
    if (!far.length) continue;
    // As if goals were drawn among all open cells, and the first far one taken.
    const open = tokens.filter((token) => token > WALL).length - 1;
    if (random.next() < (1 - far.length / open) ** GOALS) continue;
    tokens[far[random.below(far.length)]] = GOAL;
    return tokens;
  }
  throw new Mistake(`no maze with a path of ${min_path} cells was found`);
}
