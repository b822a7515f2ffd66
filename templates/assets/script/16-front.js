// The front page: filters as one types, and keeps the choice in the address: #name=Denmark*&status=RETRY&sort=-tiles
(() => {
  "use strict";
  const table = document.getElementById("aois");
  const filters = document.getElementById("aoi-filters");
  if (!table || !filters) return;
  const input = document.getElementById("aoi-name");
  const boxes = [...filters.querySelectorAll('input[name="status"]')];
  const attention = filters.querySelector('input[name="attention"]');
  const shown = filters.querySelector(".shown");
  const none = document.getElementById("aois-none");
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row, name: row.cells[0].textContent, status: row.cells[1].textContent, attention: row.cells[2].textContent !== "0",
  }));
  const initial = [...table.querySelectorAll("th[aria-sort]")].map((header) => [header.dataset.key, true])[0];
  let sorted = initial;

  // A text with * (any text) or ? (one character) is a pattern of the API: the whole name, capitals count.
  // Any other text is looked for anywhere in the name.
  function matcher(text) {
    if (!/[*?]/.test(text)) {
      const part = text.toLowerCase();
      return (name) => name.toLowerCase().includes(part);
    }
    const source = [...text].map((c) => (c === "*" ? ".*" : c === "?" ? "." : c.replace(/[\\^$.|+()[\]{}/]/, "\\$&"))).join("");
    const pattern = new RegExp(`^${source}$`, "su");
    return (name) => pattern.test(name);
  }

  function filter() {
    const matches = matcher(input.value.trim());
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const one of rows) {
      const fits = matches(one.name) && (!wanted.size || wanted.has(one.status)) && (!attention.checked || one.attention);
      one.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === rows.length ? "" : `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
    none.hidden = count > 0;
    table.hidden = count === 0;
  }

  function keep() {
    const choice = new URLSearchParams();
    if (input.value.trim()) choice.set("name", input.value.trim());
    const wanted = boxes.filter((box) => box.checked).map((box) => box.value);
    if (wanted.length) choice.set("status", wanted.join(","));
    if (attention.checked) choice.set("attention", "1");
    const [key, falling] = sorted;
    if (key !== initial[0] || falling !== initial[1]) choice.set("sort", (falling ? "-" : "") + key);
    const address = String(choice).replaceAll("%2C", ",").replaceAll("*", "*");
    history.replaceState(null, "", address ? `#${address}` : location.pathname + location.search);
  }

  function restore() {
    if (location.hash && !location.hash.includes("=")) return;
    const choice = new URLSearchParams(location.hash.slice(1));
    input.value = choice.get("name") ?? "";
    const wanted = new Set((choice.get("status") ?? "").split(","));
    for (const box of boxes) box.checked = wanted.has(box.value);
    attention.checked = choice.get("attention") === "1";
    const sort = choice.get("sort");
    const next = sort ? [sort.replace(/^-/, ""), sort.startsWith("-")] : initial;
    const header = [...table.querySelectorAll("th.sort")].find((one) => one.dataset.key === next[0]);
    if (header && String(next) !== String(sorted)) {
      window.sceneboard.sort(table, header, next[1]);
      sorted = next;
    }
    filter();
  }

  filters.hidden = false;
  filters.addEventListener("input", () => { filter(); keep(); });
  table.addEventListener("sorted", (event) => { sorted = [event.detail.key, event.detail.falling]; keep(); });
  window.addEventListener("hashchange", restore);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      input.focus();
    }
  });
  restore();
})();
