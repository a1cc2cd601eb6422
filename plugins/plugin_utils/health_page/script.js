/* SPDX-License-Identifier: GPL-3.0-or-later */
"use strict";
// Without it the page is whole: the rows stand in the order of urgency, and nothing is hidden.
const key = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.number === undefined ? cell.textContent.trim() : Number(cell.dataset.number);
};
const compare = (one, other) =>
  typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), undefined, { numeric: true });
const said = document.getElementById("said");

for (const table of document.querySelectorAll("table")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, other) => compare(key(one, head.cellIndex), key(other, head.cellIndex)) * (ascending ? 1 : -1));
      table.tBodies[0].append(...rows);
      for (const other of table.tHead.rows[0].cells) {
        other.setAttribute("aria-sort", "none");
      }
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      said.textContent = `${table.caption.textContent} Sorted by ${button.textContent}, ${ascending ? "ascending" : "descending"}.`;
    });
  }
}

const field = document.getElementById("filter");
field.form.hidden = false;
field.form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll("tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  said.textContent = `${shown} rows are shown.`;
});
