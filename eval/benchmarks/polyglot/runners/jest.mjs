// The functions and matchers of Jest that exercises use, by Jest's documentation.
import { isDeepStrictEqual, inspect } from 'node:util';

const TIMEOUT = 5000;
const suite = (parent) => ({ parent, tests: [], before: [], after: [], each: [], end: [] });
let current = suite(null);
const all = [];
const counts = { passed: 0, failed: 0, skipped: 0 };

function define(name, body, how = 'run') {
  all.push({ name, body, how, within: current });
}

function group(name, body, how = 'run') {
  const outer = current;
  current = { ...suite(outer), name, how };
  body();
  current = outer;
}

const format = (name, row) => {
  let used = 0;
  return String(name).replace(/%[sdifjop#%]/g, (mark) =>
    mark === '%%' ? '%' : mark === '%#' ? '#' : inspect(row[used++]));
};
const each = (call) => (rows) => (name, body) =>
  rows.forEach((row) => {
    const values = Array.isArray(row) ? row : [row];
    call(format(name, values), () => body(...values));
  });
function withKinds(call) {
  const function_ = (name, body) => call(name, body);
  for (const how of ['skip', 'only']) {
    function_[how] = (name, body) => call(name, body, how);
    function_[how].each = each(function_[how]);
  }
  function_.each = each(function_);
  return function_;
}

export const test = withKinds(define);
test.todo = (name) => define(name, null, 'skip');
export const it = test;
export const xtest = test.skip;
export const xit = test.skip;
export const describe = withKinds(group);
export const xdescribe = describe.skip;
export const beforeAll = (body) => current.before.push(body);
export const afterAll = (body) => current.after.push(body);
export const beforeEach = (body) => current.each.push(body);
export const afterEach = (body) => current.end.push(body);

// --- Equality ---

class Asymmetric {
  constructor(matches, text) {
    this.matches = matches;
    this.text = text;
  }
  [inspect.custom]() {
    return this.text;
  }
}

const kind = (value) => Object.prototype.toString.call(value);
const keys = (value, strict) =>
  Reflect.ownKeys(value).filter(
    (key) =>
      Object.getOwnPropertyDescriptor(value, key).enumerable &&
      (strict || value[key] !== undefined),
  );

function equal(a, b, strict, seen = []) {
  if (b instanceof Asymmetric) return b.matches(a);
  if (a instanceof Asymmetric) return a.matches(b);
  if (a instanceof Error && b instanceof Error) {
    return a.message === b.message && a.name === b.name;
  }
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false;
  if (kind(a) !== kind(b)) return false;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.some(([one, two]) => one === a && two === b)) return true;
  const deeper = [...seen, [a, b]];
  const same = (one, two) => equal(one, two, strict, deeper);
  if (/Date|RegExp|Number|String|Boolean|Symbol|BigInt|Buffer/.test(kind(a))) {
    const plain = (value) => (value instanceof Date ? +value : value);
    if (!isDeepStrictEqual(plain(a), plain(b))) return false;
  }
  if (a instanceof Set || a instanceof Map) {
    if (a.size !== b.size) return false;
    const rest = [...b];
    return [...a].every((one) => {
      const place = rest.findIndex((two) => same(one, two));
      if (place >= 0) rest.splice(place, 1);
      return place >= 0;
    });
  }
  if (Array.isArray(a) || ArrayBuffer.isView(a)) {
    if (a.length !== b.length) return false;
    if (strict) {
      for (let i = 0; i < a.length; i += 1) if (i in a !== i in b) return false;
    }
  }
  const [left, right] = [keys(a, strict), keys(b, strict)];
  return (
    left.length === right.length &&
    left.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}

function contains(actual, part) {
  if (part instanceof Asymmetric || typeof part !== 'object' || !part) {
    return equal(actual, part);
  }
  if (typeof actual !== 'object' || !actual) return false;
  if (Array.isArray(part)) {
    return (
      Array.isArray(actual) &&
      actual.length === part.length &&
      part.every((one, place) => contains(actual[place], one))
    );
  }
  if (kind(part) !== '[object Object]') return equal(actual, part);
  return Reflect.ownKeys(part).every(
    (key) => key in actual && contains(actual[key], part[key]),
  );
}

function property(actual, path) {
  const parts = Array.isArray(path) ? path : String(path).match(/[^.[\]]+/g) ?? [];
  let value = actual;
  for (const part of parts) {
    if (value === null || value === undefined || !(part in Object(value))) return [false];
    value = value[part];
  }
  return [true, value];
}

/** What Jest refuses with or without `not`. */
function must(holds, actual, what) {
  if (!holds) throw new Error(`${inspect(actual)} must be ${what}`);
}

function thrown(actual, promised) {
  if (promised) return { error: actual };
  must(typeof actual === 'function', actual, 'a function');
  try {
    actual();
  } catch (error) {
    return { error };
  }
  return null;
}

function fits(error, wanted) {
  const message = String(error?.message ?? error);
  if (wanted === undefined) return true;
  if (typeof wanted === 'string') return message.includes(wanted);
  if (wanted instanceof RegExp) return wanted.test(message);
  if (wanted instanceof Asymmetric) return wanted.matches(error);
  if (typeof wanted === 'function') return error instanceof wanted;
  return message === wanted.message;
}

function number(value) {
  must(typeof value === 'number' || typeof value === 'bigint', value, 'a number');
  return value;
}

const MATCHERS = {
  toBe: (a, b) => Object.is(a, b),
  toEqual: (a, b) => equal(a, b, false),
  toStrictEqual: (a, b) => equal(a, b, true),
  toBeTruthy: (a) => Boolean(a),
  toBeFalsy: (a) => !a,
  toBeNull: (a) => a === null,
  toBeUndefined: (a) => a === undefined,
  toBeDefined: (a) => a !== undefined,
  toBeNaN: (a) => Number.isNaN(a),
  toBeGreaterThan: (a, b) => number(a) > number(b),
  toBeGreaterThanOrEqual: (a, b) => number(a) >= number(b),
  toBeLessThan: (a, b) => number(a) < number(b),
  toBeLessThanOrEqual: (a, b) => number(a) <= number(b),
  toBeCloseTo: (a, b, digits = 2) =>
    number(a) === number(b) || Math.abs(a - b) < 10 ** -digits / 2,
  toBeInstanceOf: (a, b) => a instanceof b,
  toContain: (a, b) => (typeof a === 'string' ? a.includes(b) : [...a].includes(b)),
  toContainEqual: (a, b) => [...a].some((one) => equal(one, b, false)),
  toHaveLength: (a, b) => {
    must(Number.isInteger(a?.length), a, 'something with a length');
    return a.length === b;
  },
  toMatch: (a, b) => {
    must(typeof a === 'string', a, 'a string');
    return typeof b === 'string' ? a.includes(b) : a.search(b) >= 0;
  },
  toMatchObject: (a, b) => {
    must(typeof a === 'object' && a, a, 'an object');
    return contains(a, b);
  },
  toHaveProperty: (a, path, ...value) => {
    must(a !== null && a !== undefined, a, 'an object');
    const [found, has] = property(a, path);
    return found && (!value.length || equal(has, value[0], false));
  },
  toThrow: (a, wanted, promised) => {
    const came = thrown(a, promised);
    return came !== null && fits(came.error, wanted);
  },
  toHaveBeenCalled: (a) => a.mock.calls.length > 0,
  toHaveBeenCalledTimes: (a, b) => a.mock.calls.length === b,
  toHaveBeenCalledWith: (a, ...b) => a.mock.calls.some((call) => equal(call, b, false)),
};
MATCHERS.toThrowError = MATCHERS.toThrow;

function check(name, negated, actual, wanted, promised) {
  const throws = name.startsWith('toThrow');
  const held = MATCHERS[name](actual, ...(throws ? [wanted[0], promised] : wanted));
  if (Boolean(held) === negated) {
    const values = wanted.map((value) => inspect(value)).join(', ');
    const not = negated ? '.not' : '';
    throw new Error(`expect(${inspect(actual)})${not}.${name}(${values})`);
  }
}

function matchers(negated, actual, settle) {
  const found = {};
  for (const name of Object.keys(MATCHERS)) {
    found[name] = (...wanted) =>
      settle
        ? settle(actual).then((value) => check(name, negated, value, wanted, true))
        : check(name, negated, actual, wanted, false);
  }
  return found;
}

const both = (actual, settle) => ({
  ...matchers(false, actual, settle),
  not: matchers(true, actual, settle),
});
const settled = (promise) => (typeof promise === 'function' ? promise() : promise);
const refused = (promise) =>
  Promise.resolve(settled(promise)).then(
    (value) => {
      throw new Error(`the promise was kept, with ${inspect(value)}`);
    },
    (error) => error,
  );

export const expect = (actual) => ({
  ...both(actual),
  resolves: both(actual, (promise) => Promise.resolve(settled(promise))),
  rejects: both(actual, refused),
});
const PRIMITIVES = new Map([[String, 'string'], [Number, 'number'], [Boolean, 'boolean'],
  [Function, 'function'], [Object, 'object'], [Symbol, 'symbol'], [BigInt, 'bigint']]);
Object.assign(expect, {
  any: (type) =>
    new Asymmetric(
      (a) => a instanceof type || typeof a === PRIMITIVES.get(type),
      `any(${type.name})`,
    ),
  anything: () => new Asymmetric((a) => a !== null && a !== undefined, 'anything()'),
  arrayContaining: (part) =>
    new Asymmetric(
      (a) => Array.isArray(a) && part.every((two) => a.some((one) => equal(one, two, false))),
      `arrayContaining(${inspect(part)})`,
    ),
  objectContaining: (part) =>
    new Asymmetric(
      (a) => Object.keys(part).every((key) => key in Object(a) && equal(a[key], part[key], false)),
      `objectContaining(${inspect(part)})`,
    ),
  stringContaining: (part) =>
    new Asymmetric((a) => typeof a === 'string' && a.includes(part), `stringContaining(${part})`),
  stringMatching: (part) =>
    new Asymmetric((a) => typeof a === 'string' && a.search(part) >= 0, `stringMatching(${part})`),
});

export const jest = {
  fn(body) {
    let act = body;
    const spy = function spied(...args) {
      spy.mock.calls.push(args);
      return act?.apply(this, args);
    };
    spy.mock = { calls: [] };
    spy.mockReturnValue = (value) => spy.mockImplementation(() => value);
    spy.mockImplementation = (other) => {
      act = other;
      return spy;
    };
    return spy;
  },
};

Object.assign(globalThis, { test, it, xtest, xit, describe, xdescribe, expect, jest,
  beforeAll, afterAll, beforeEach, afterEach });

// --- Running ---

function line(within) {
  const found = [];
  for (let one = within; one; one = one.parent) found.unshift(one);
  return found;
}

function timed(body) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Exceeded timeout of ${TIMEOUT} ms.`)), TIMEOUT);
  });
  const run = body.length
    ? new Promise((resolve, reject) => {
        body((error) => (error ? reject(error) : resolve()));
      })
    : (async () => body())();
  return Promise.race([run, late]).finally(() => clearTimeout(timer));
}

async function one({ name, body, within }) {
  const suites = line(within);
  const title = [...suites.map((each_) => each_.name).filter(Boolean), name].join(' > ');
  try {
    for (const each_ of suites) {
      for (const hook of each_.before.splice(0)) await timed(hook);
    }
    for (const each_ of suites) for (const hook of each_.each) await timed(hook);
    try {
      await timed(body);
    } finally {
      for (const each_ of suites.reverse()) for (const hook of each_.end) await timed(hook);
    }
    counts.passed += 1;
    console.log(`ok ${title}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED ${title}\n    ${error?.stack ?? error}`);
  }
}

/** Runs what was defined, and tells how many tests came to which end. */
export async function run() {
  const only = all.some((test_) => test_.how === 'only' || line(test_.within).some((s) => s.how === 'only'));
  for (const test_ of all) {
    const how = [test_.how, ...line(test_.within).map((each_) => each_.how)];
    if (how.includes('skip') || (only && !how.includes('only'))) counts.skipped += 1;
    else await one(test_);
  }
  const suites = new Set(all.flatMap((test_) => line(test_.within)));
  for (const each_ of suites) for (const hook of each_.after) await timed(hook);
  return counts;
}
