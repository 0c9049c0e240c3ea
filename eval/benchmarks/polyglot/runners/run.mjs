// Runs the test files that its arguments name. Standard output ends in a line with the
// word from standard input, and numbers of tests.
import { readFileSync, writeSync } from 'node:fs';
import Module, { register } from 'node:module';
import { pathToFileURL } from 'node:url';

register('./hooks.mjs', import.meta.url);
const globals = await import('./jest.mjs');
const { run } = globals;
// Test files that are CommonJS, as that of `grep`, do not come by the hooks.
const load = Module._load;
Module._load = (name, ...rest) =>
  name === '@jest/globals' ? globals : load(name, ...rest);
let counts = null;
try {
  for (const path of process.argv.slice(2)) await import(pathToFileURL(path).href);
  counts = await run();
} catch (error) {
  console.log(error?.stack ?? error);
  counts = { passed: 0, failed: 1, skipped: 0 };
}
const word = readFileSync(0, 'utf8');
writeSync(1, `\n${word} ${JSON.stringify(counts)}\n`);
process.exit(counts.failed ? 1 : 0);
