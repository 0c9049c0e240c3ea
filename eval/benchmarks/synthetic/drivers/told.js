const toldWord = require("fs").readFileSync(0, "utf8").trim();

function toldPlain(value) {
  if (value instanceof Map) return [...value].map(([k, v]) => [k, toldPlain(v)]);
  return value;
}

function told(value) {
  console.log(`\n${toldWord} ${JSON.stringify(toldPlain(value))}`);
}
