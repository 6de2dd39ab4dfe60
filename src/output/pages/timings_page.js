"use strict";
(() => {
  const table = document.getElementById("builds"), body = table.tBodies[0];
  const rows = [...body.rows].filter((row) => row.className !== "tail");
  // The end of a log stays below its row.
  const tails = new Map(rows.map((row) => [row, row.nextElementSibling?.className === "tail" ? [row.nextElementSibling] : []]));
  [...table.querySelectorAll("th[data-sorts]")].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => head.dataset.sorts === "number" ? +row.cells[column].dataset.value : row.cells[column].textContent.trim();
      const compare = (one, two) => (key(one) < key(two) ? -1 : key(one) > key(two) ? 1 : 0) * (up ? 1 : -1);
      body.append(...rows.toSorted(compare).flatMap((row) => [row, ...tails.get(row)]));
    });
  });
})();
