import { element } from "./grid.mjs";
import { bytes, sized } from "./words.mjs";

/** The facts of a package, and where its documents are. */
export function fillCard(list, { task, model, halting, card, documents }) {
  const facts = [
    ["Model", `${sized(task.name)}, width ${model.width}`],
    ["Weights", `${card.bits} bits, ${bytes(card.bytes)}`],
    ["Checksum", checksum(card.sha256)],
    ["Trained", `${card.step.toLocaleString("en")} steps`],
    ["Halts", `when sure, or after ${halting.max_segments} segments`],
    ["Computed by", `onnxruntime-web ${card.runtime}, opset ${card.opset}`],
    ["Documents", links(documents)],
  ];
  for (const [name, value] of facts) {
    const fact = element("div", "fact");
    const told = document.createElement("dd");
    told.append(value);
    fact.append(element("dt", "", name), told);
    list.append(fact);
  }
}

function checksum(sha256) {
  const code = element("code", "", `${sha256.slice(0, 16)}…`);
  code.title = `SHA-256 of segment.onnx: ${sha256}`;
  return code;
}

function links(documents) {
  const all = element("span", "links");
  for (const [name, address] of Object.entries(documents)) {
    const link = element("a", "", name);
    link.href = address;
    all.append(link, " ");
  }
  return all;
}
