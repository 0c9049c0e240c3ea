// How Jest with Babel finds and reads modules: names without a suffix, `@jest/globals`,
// and both kinds of modules in files that end in .js.
import { readFile } from 'node:fs/promises';

const JEST = new URL('./jest.mjs', import.meta.url).href;
const ENDINGS = ['.js', '.mjs', '/index.js'];

export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: JEST, shortCircuit: true };
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!/^\.{0,2}\//.test(specifier)) throw error;
    for (const ending of ENDINGS) {
      try {
        return await next(specifier + ending, context);
      } catch {
        continue;
      }
    }
    throw error;
  }
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.js')) return next(url, context);
  const source = await readFile(new URL(url));
  const isModule = /^\s*(import\b(?!\s*\()|export\b)/m.test(source);
  if (!isModule) return next(url, { ...context, format: 'commonjs' });
  return { format: 'module', source, shortCircuit: true };
}
