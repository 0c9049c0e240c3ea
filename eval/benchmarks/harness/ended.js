// Runs the tests, then says that they have ended: repeats the word on standard input.
"use strict";
const { readFileSync, writeSync } = require("fs");
let failed = false;

// As the authors judge by what it prints, it may not be replaced.
Object.defineProperty(console, "assert", {
  writable: false,
  configurable: false,
  value: (condition, ...about) => {
    if (condition) return;
    failed = true;
    writeSync(2, ["Assertion failed", ...about.map(String)].join(": ") + "\n");
  },
});
require("./tests.js");
if (!failed) writeSync(1, "\n" + readFileSync(0, "utf8") + "\n");
