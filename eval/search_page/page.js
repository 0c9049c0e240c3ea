"use strict";
// Draws one tree at a time; whatever a model wrote is text, never mark-up.

const trees = JSON.parse(document.getElementById("data").textContent);
const [which, chooser, root, about] = ["which", "tree", "root", "about"].map(
  (id) => document.getElementById(id));

const WANTED = {
  all: () => true,
  gained: (tree) => tree.solved && tree.baseline === false,
  lost: (tree) => tree.solved === false && tree.baseline,
  missed: (tree) => tree.solved === false && tree.baseline === false,
};

function made(tag, text, kind) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function said(solved) {
  return solved === null ? "could not be run" : solved ? "pass" : "fail";
}

function list() {
  chooser.replaceChildren();
  trees.forEach((tree, place) => {
    if (!WANTED[which.value](tree)) return;
    const mark = { true: "✓", false: "✗", null: "?" }[tree.solved];
    const name = `${mark} ${tree.problem}, ${tree.method}, seed ${tree.seed}`;
    const option = made("option", name);
    option.value = place;
    chooser.append(option);
  });
  draw();
}

function draw() {
  root.replaceChildren();
  about.replaceChildren();
  const tree = trees[chooser.value];
  const outcome = document.getElementById("outcome");
  document.getElementById("prompt").textContent = tree ? tree.prompt : "";
  outcome.textContent = "There is no such tree.";
  if (!tree) return;
  outcome.textContent =
    `The answer is candidate ${tree.answer}: its hidden tests ${said(tree.solved)}, ` +
    `those of best of n ${said(tree.baseline)}.`;
  const path = new Set();
  for (let at = tree.answer; at !== null; at = tree.nodes[at].parent) path.add(at);
  const items = new Map();
  for (const node of tree.nodes) {
    const item = drawn(node, path.has(node.number), node.number === tree.answer);
    items.set(node.number, item);
    let group = root;
    if (node.parent !== null) {
      const above = items.get(node.parent);
      group = above.querySelector(":scope > ul");
      if (!group) {
        group = made("ul");
        group.setAttribute("role", "group");
        above.append(group);
      }
    }
    group.append(item);
  }
  select(items.get(tree.answer), false);
}

function drawn(node, onPath, isAnswer) {
  const item = made("li");
  item.setAttribute("role", "treeitem");
  item.tabIndex = -1;
  item.node = node;
  if (onPath) item.classList.add("path");
  if (isAnswer) item.classList.add("answer");
  const right = node.passed.filter(Boolean).length;
  const all = node.passed.length && right === node.passed.length;
  const share = node.passed.length ? `${right}/${node.passed.length}` : "–";
  const box = made("span", undefined, "node");
  box.append(
    made("span", share, `share ${all ? "all" : right ? "some" : "none"}`),
    made("span", `${node.number} ${node.way}${isAnswer ? ", the answer" : ""}`),
    made("span", facts(node), "quiet"));
  item.append(box);
  return item;
}

function facts(node) {
  const likely = node.log_prob === null ? "" : ` · ${node.log_prob.toFixed(2)} a token`;
  const repeat = node.repeat ? " · was there before" : "";
  return `${node.visits} ${node.visits === 1 ? "visit" : "visits"} · ` +
    `worth ${node.mean.toFixed(2)}${likely}${repeat}`;
}

function select(item, focus = true) {
  for (const other of root.querySelectorAll("[role=treeitem]")) {
    other.tabIndex = other === item ? 0 : -1;
    other.setAttribute("aria-selected", String(other === item));
  }
  if (focus) item.focus();
  tell(item.node);
}

function tell(node) {
  const how = node.parent === null ? "written afresh" : `a repair of ${node.parent}`;
  const rows = [
    ["made", `${how}, at temperature ${node.temperature}, ${node.tokens} tokens`],
    ["public tests", node.kind],
    ["results", node.results.map(
      (result, place) => `${node.passed[place] ? "✓" : "✗"} ${result}`).join("\n")],
    ["what a repair is told", node.failure || "nothing"],
  ];
  const table = made("table", undefined, "texts");
  for (const [name, value] of rows) {
    const row = made("tr");
    const cell = made("td", value);
    cell.style.whiteSpace = "pre-wrap";
    row.append(made("th", name), cell);
    table.append(row);
  }
  const source = made("pre", node.source || "(no program)");
  source.tabIndex = 0;
  about.replaceChildren(made("h2", `Candidate ${node.number}`), source, table);
}

root.addEventListener("click", (event) => {
  const item = event.target.closest("[role=treeitem]");
  if (item) select(item);
});
root.addEventListener("keydown", (event) => {
  const items = [...root.querySelectorAll("[role=treeitem]")];
  const at = items.indexOf(event.target);
  const above = event.target.parentElement.closest("[role=treeitem]");
  const next = {
    ArrowDown: items[at + 1],
    ArrowUp: items[at - 1],
    ArrowLeft: above,
    ArrowRight: event.target.querySelector("[role=treeitem]"),
    Home: items[0],
    End: items[items.length - 1],
  };
  if (!(event.key in next)) return;
  event.preventDefault();
  if (next[event.key]) select(next[event.key]);
});
which.addEventListener("change", list);
chooser.addEventListener("change", draw);
list();
