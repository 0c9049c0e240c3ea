import { Mistake } from "./mistake.mjs";

/** Boards as text, one character a cell. */
export class Alphabet {
  /**
   * @param {string[]} characters by token: what is read as it, the first of which is
   *   written for it; token 0 is padding
   * @param {string} may names these characters for people
   */
  constructor(characters, may) {
    this.characters = characters;
    this.may = may;
  }

  /** The token that a character stands for, 0 if none. */
  token(character) {
    const found = this.characters.findIndex((all) => all.includes(character));
    return Math.max(found, 0);
  }

  /** The character that a token is written as. */
  sign(token) {
    return this.characters[token][0];
  }

  /** Turns text into tokens; a Mistake says what is wrong with it. */
  encode(text, cells, columns) {
    const signs = Array.from(text);
    if (signs.length !== cells) {
      throw new Mistake(`has ${signs.length} characters instead of ${cells}`);
    }
    return Int32Array.from(signs, (sign, cell) => {
      const token = this.token(sign);
      if (token > 0) return token;
      throw new Mistake(
        `holds '${sign}' at ${place(cell, columns)}, where only ${this.may} may stand`,
      );
    });
  }

  /** Turns tokens back into text; padding becomes what token 1 is. */
  decode(tokens) {
    return Array.from(tokens, (token) => this.sign(token || 1)).join("");
  }
}

/** Where a cell is, for people: "row 2, column 5". */
export function place(cell, columns) {
  return `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`;
}
