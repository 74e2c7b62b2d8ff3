// Let a reader sort a table by a column; without this script the tables are in the order of the report.
for (const table of document.querySelectorAll("table[data-sort]")) {
  for (const th of table.querySelectorAll("th[data-col]")) {
    const column = Number(th.dataset.col);
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => {
      const down = th.getAttribute("aria-sort") === "ascending";
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => {
        const text = row.cells[column].textContent.trim();
        const number = Number(text.replace("−", "-").replace(/over|under|[+,%\s]/g, ""));
        const without = { "–": -Infinity, "too few": -Infinity, met: 0 };
        return { row, text, number: without[text] ?? number };
      });
      const words = rows.some(({ number }) => Number.isNaN(number));
      rows.sort((a, b) => (words ? a.text.localeCompare(b.text, "en") : a.number - b.number) * (down ? -1 : 1));
      body.append(...rows.map(({ row }) => row));
    });
  }
}
