// The lists of scenes and tiles: filters and sorts all rows of the AOI, not only those of the page. Their data is a
// script of its own, loaded when it is first needed. The choice is kept in the address: #find=disk+full&sort=-date&page=2
(() => {
  "use strict";
  const list = document.querySelector("[data-list]");
  const table = list?.querySelector("table");
  if (!table) return;
  const kind = list.dataset.list;
  const STATUSES = ["NEW", "PENDING", "DONE", "RETRY", "FAILED"];
  const FALLING = new Set(["date"]);
  const ROWS_A_PAGE = 500;
  const filters = list.querySelector(".filters");
  const input = filters.querySelector("input");
  const shown = filters.querySelector(".shown");
  const clear = filters.querySelector(".clear");
  const pager = list.querySelector(".pager");
  const body = table.tBodies[0];
  const asBuilt = [...body.rows];
  const headers = [...table.querySelectorAll("th[data-key]")];
  const links = [...document.querySelectorAll("nav.filters a")].map((link) => ({ link, href: link.getAttribute("href") }));
  const pages = document.createElement("nav");
  pages.className = "pager";
  pages.setAttribute("aria-label", "Pages of what was found");
  list.append(pages);
  const NOTHING = { find: "", sort: "id", falling: false, page: 1 };
  let choice = { ...NOTHING };
  let rows = null;

  const chosen = () => choice.find !== "" || choice.sort !== NOTHING.sort || choice.falling;

  function address(of) {
    const parts = new URLSearchParams();
    if (of.find) parts.set("find", of.find);
    if (of.sort !== NOTHING.sort || of.falling) parts.set("sort", (of.falling ? "-" : "") + of.sort);
    if (of.page > 1) parts.set("page", of.page);
    return String(parts);
  }

  function fromAddress() {
    const parts = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const sort = parts.get("sort") ?? NOTHING.sort;
    const key = sort.replace(/^-/, "");
    return {
      find: parts.get("find") ?? "",
      sort: headers.some((header) => header.dataset.key === key) ? key : NOTHING.sort,
      falling: sort.startsWith("-"),
      page: Math.max(1, Number.parseInt(parts.get("page") ?? "1", 10) || 1),
    };
  }

  // The data, once. Its rows are told in the list's builder: id, scene, name, date, status, by hand, message, whole
  // message, retries left, and the sentence: before, its root's scene and tile, after. Texts by their place in `texts`.
  let loading = null;
  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = list.dataset.source;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    }).then(() => {
      const { texts, rows: all } = window[kind === "scenes" ? "sceneboardScenes" : "sceneboardTiles"];
      const only = list.dataset.status;
      rows = all.filter((row) => !only || STATUSES[row[4]] === only).map((row) => {
        const [id, scene, name, date, status, byHand, message, whole, retries, before, rootScene, rootTile, after] = row;
        const root = rootTile ? `tile ${rootTile}` : rootScene ? `scene ${rootScene}` : "";
        return {
          id, scene, name: texts[name], date: texts[date], status, byHand, message: texts[message], whole: texts[whole],
          retries, before: texts[before], rootScene, rootTile, root, after: texts[after],
          why: texts[before] + root + texts[after],
        };
      });
      for (const row of rows) {
        row.text = [row.id, row.name, row.date, STATUSES[row.status], row.byHand ? "by hand" : "", row.message, row.whole, row.why]
          .join("\n").toLowerCase();
      }
    });
    return loading;
  }

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  function link(href, text) {
    const made = element("a", "", text);
    made.href = href;
    return made;
  }

  const page = (scene, tile) => `${list.dataset.up}${scene}.html${tile ? `#tile-${tile}` : ""}`;

  function built(row) {
    const made = document.createElement("tr");
    const state = element("td", "state", element("span", `status ${STATUSES[row.status].toLowerCase()}`, STATUSES[row.status]));
    if (row.byHand) state.append(" ", element("span", "by-hand", "by hand"));
    const message = element("td", "text said", row.message);
    if (row.whole) message.title = row.whole;
    const acquired = element("td");
    if (row.date) {
      const time = element("time", "", row.date);
      time.dateTime = `${row.date.replace(" ", "T")}Z`;
      acquired.append(time);
    }
    const why = element("td", "text why", row.before);
    if (row.root) why.append(link(page(row.rootScene, row.rootTile), row.root), row.after);
    made.append(
      element("td", "", link(page(row.scene, kind === "tiles" ? row.id : 0), row.id)), element("td", "name", row.name),
      acquired, state, message, element("td", "number", row.retries), why,
    );
    return made;
  }

  const collator = new Intl.Collator("en", { numeric: true });
  function sorted(found) {
    const { sort, falling } = choice;
    const sign = falling ? -1 : 1;
    const text = (key) => (a, b) => {
      // What has no text comes last, either way.
      if (!a[key] || !b[key]) return !a[key] - !b[key] || a.id - b.id;
      return sign * collator.compare(a[key], b[key]) || a.id - b.id;
    };
    const number = (key) => (a, b) => sign * (a[key] - b[key]) || a.id - b.id;
    const by = ["id", "status", "retries"].includes(sort) ? number(sort) : text(sort);
    return [...found].sort(by);
  }

  function showPages(count) {
    pages.replaceChildren();
    const last = Math.max(1, Math.ceil(count / ROWS_A_PAGE));
    if (last === 1) return;
    for (let number = 1; number <= last; number++) {
      const made = link(`#${address({ ...choice, page: number })}`, String(number));
      if (number === choice.page) made.setAttribute("aria-current", "page");
      pages.append(made);
    }
  }

  function show() {
    for (const { link: one, href } of links) one.href = chosen() ? `${href}#${address({ ...choice, page: 1 })}` : href;
    for (const header of headers) {
      header.removeAttribute("aria-sort");
      if (header.dataset.key === choice.sort) header.setAttribute("aria-sort", choice.falling ? "descending" : "ascending");
    }
    clear.hidden = !chosen();
    if (pager) pager.hidden = chosen();
    if (!chosen()) {
      shown.textContent = "";
      pages.replaceChildren();
      body.replaceChildren(...asBuilt);
      return;
    }
    if (!rows) return;
    const words = choice.find.toLowerCase().split(/\s+/).filter(Boolean);
    const found = sorted(rows.filter((row) => words.every((word) => row.text.includes(word))));
    choice.page = Math.min(choice.page, Math.max(1, Math.ceil(found.length / ROWS_A_PAGE)));
    const first = (choice.page - 1) * ROWS_A_PAGE;
    body.replaceChildren(...found.slice(first, first + ROWS_A_PAGE).map(built));
    const all = rows.length.toLocaleString("en");
    shown.textContent = choice.find ? `${found.length.toLocaleString("en")} of ${all} found` : `all ${all}, sorted`;
    showPages(found.length);
  }

  async function choose(next) {
    choice = next;
    const asked = address(choice);
    history.replaceState(null, "", asked ? `#${asked}` : location.pathname + location.search);
    if (chosen() && !rows) {
      try {
        await load();
      } catch {
        shown.textContent = "The data of the list could not be loaded.";
        return;
      }
    }
    show();
  }

  for (const header of headers) {
    header.classList.add("sort");
    const button = element("button", "", ...header.childNodes);
    button.type = "button";
    header.append(button);
    button.addEventListener("click", () => {
      const key = header.dataset.key;
      const falling = choice.sort === key ? !choice.falling : FALLING.has(key);
      choose({ ...choice, sort: key, falling, page: 1 });
    });
  }
  let typed = 0;
  input.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => choose({ ...choice, find: input.value.trim(), page: 1 }), 120);
  });
  input.addEventListener("focus", load, { once: true });
  clear.addEventListener("click", () => {
    input.value = "";
    choose({ ...NOTHING });
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      input.focus();
    }
  });
  function restore() {
    const next = fromAddress();
    input.value = next.find;
    choose(next);
  }
  window.addEventListener("hashchange", restore);
  filters.hidden = false;
  if (location.hash.includes("=")) restore();
})();
