// What the tests of MBXP use of lodash: deep equality, where NaN equals NaN, 0 equals -0
// and a hole equals undefined. Held against lodash 4.17.21 on random values.
"use strict";

const object = (value) => typeof value === "object" && value !== null;
const tag = (value) => Object.prototype.toString.call(value);

function maps(one, other, seen) {
  const left = [...other];
  return (
    one.size === other.size &&
    [...one].every((entry) => {
      const place = left.findIndex((rival) => equal(entry, rival, seen));
      return place >= 0 && left.splice(place, 1).length === 1;
    })
  );
}

function equal(one, other, seen) {
  if (one === other || (one !== one && other !== other)) return true;
  // A number equals its object, as with lodash.
  if (!(object(one) || object(other)) || tag(one) !== tag(other)) return false;
  if (seen.some(([left, right]) => left === one && right === other)) return true;
  const within = [...seen, [one, other]];
  switch (tag(one)) {
    case "[object Map]":
    case "[object Set]":
      return maps(one, other, within);
    case "[object Date]":
    case "[object Number]":
    case "[object String]":
    case "[object Boolean]":
      return equal(one.valueOf(), other.valueOf(), within);
    case "[object RegExp]":
      return String(one) === String(other);
    case "[object Error]":
      return one.name === other.name && one.message === other.message;
    case "[object Array]":
      return (
        one.length === other.length &&
        Array.from(one).every((value, place) => equal(value, other[place], within))
      );
  }
  if (one.constructor !== other.constructor) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every(
      (key) =>
        Object.prototype.hasOwnProperty.call(other, key) &&
        equal(one[key], other[key], within)
    )
  );
}

exports.isEqual = (one, other) => equal(one, other, []);
