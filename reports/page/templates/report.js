// Tables are whole without it: it only adds sorting, and opens what is folded before printing.
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
let folded = [];
addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; for (const each of folded) each.open = true; });
addEventListener("afterprint", () => { for (const each of folded) each.open = false; });
