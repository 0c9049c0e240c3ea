// The tokens of boards, as in data_pipeline; 0 pads.

/** Of a Sudoku: an empty cell; d + 1 is the digit d. */
export const BLANK = 1;

// Of a maze. A question has no PATH; an answer has it between START and GOAL.
export const WALL = 1;
export const OPEN = 2;
export const START = 3;
export const GOAL = 4;
export const PATH = 5;
