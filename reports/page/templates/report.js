// The page is whole without it: it adds sorting, a port for links to runs, and opens what is folded before printing.
"use strict";
// The number that a cell stands for; null: it is text, or its number is unknown.
function value(cell) {
  return "sort" in cell.dataset ? Number(cell.dataset.sort) : null;
}
function compare(one, other) {
  const [a, b] = [value(one), value(other)];
  if (a !== null && b !== null) return a - b;
  if (a === null && b === null) return one.textContent.localeCompare(other.textContent, "en", { numeric: true });
  return a === null ? 1 : -1;
}
function sort(table, column, heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((x, y) => (descending ? -1 : 1) * compare(x.cells[column], y.cells[column]));
  table.tBodies[0].append(...rows);
}
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.title = "Sort by " + heading.textContent;
    button.addEventListener("click", () => sort(table, column, heading));
    heading.replaceChildren(button);
  });
}
// `make ui PORT=…` serves MLflow's pages where it is told; links to them are written for the usual port.
const local = [...document.querySelectorAll("a.local")];
if (local.length) {
  const [line, label, port] = ["p", "label", "input"].map((each) => document.createElement(each));
  Object.assign(port, { type: "number", min: 1, max: 65535, required: true, value: new URL(local[0].href).port });
  label.append("MLflow's pages are at port ", port);
  line.append(label);
  local[0].closest(".scroll").before(line);
  port.addEventListener("input", () => {
    if (!port.validity.valid) return;
    for (const each of local) each.href = each.href.replace(/^(http:\/\/[^/:]+)(:\d+)?/, `$1:${port.value}`);
  });
}
let folded = [];
addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open]):not(.setting)")]; for (const each of folded) each.open = true; });
addEventListener("afterprint", () => { for (const each of folded) each.open = false; });
