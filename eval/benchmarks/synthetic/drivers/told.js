const toldWord = require("fs").readFileSync(0, "utf8").trim();

function toldText(value) {
  if (value instanceof Map) return "dict " + JSON.stringify([...value]);
  if (Object(value) !== value || Array.isArray(value)) return JSON.stringify(value);
  const literal = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (literal) return "dict " + JSON.stringify(Object.entries(value));
  return "object " + JSON.stringify(value);
}

function told(value) {
  console.log(`\n${toldWord} ${toldText(value)}`);
}
