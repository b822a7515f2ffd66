// Tables whose columns can be sorted: <table data-sortable>, <th class="sort" data-sort="text|number|date|share|status">.
(() => {
  "use strict";
  const STATUSES = ["NEW", "PENDING", "DONE", "RETRY", "FAILED"];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const number = (text) => Number(text.replaceAll(",", ""));
  const KEYS = {
    text: (text) => text,
    date: (text) => text,
    number: (text) => (text === "" ? NaN : number(text)),
    status: (text) => STATUSES.indexOf(text),
    // "36 / 46": how much is done; of those alike, how much there is.
    share: (text) => {
      const [part, whole] = text.split("/").map(number);
      return whole ? part / whole + Math.min(whole, 1e9) * 1e-12 : NaN;
    },
  };
  const FALLING = new Set(["number", "date"]);

  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? (cell.querySelector("svg") ? cell.lastChild.textContent : cell.textContent).trim();
  };

  // Sorts a table's rows by a column. Cells without a value come last, either way.
  function sort(table, header, falling) {
    const column = header.cellIndex;
    const kind = header.dataset.sort ?? "text";
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: KEYS[kind](value(row, column)) }));
    const missing = (key) => key === "" || Number.isNaN(key);
    const compare = kind === "text" ? collator.compare : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    rows.sort((a, b) => {
      if (missing(a.key) || missing(b.key)) return missing(a.key) - missing(b.key);
      return falling ? compare(b.key, a.key) : compare(a.key, b.key);
    });
    body.append(...rows.map(({ row }) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    for (const header of table.querySelectorAll("th.sort")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const now = header.getAttribute("aria-sort");
        const falling = now ? now === "ascending" : FALLING.has(header.dataset.sort);
        sort(table, header, falling);
        table.dispatchEvent(new CustomEvent("sorted", { detail: { key: header.dataset.key, falling } }));
      });
    }
  }
  window.sceneboard.sort = sort;
})();
