// The matrix answers a pointer and the keyboard: which day, track and tile a cell is, its status and why.
(() => {
  "use strict";
  const section = document.getElementById("matrix");
  const source = document.getElementById("matrix-data");
  if (!section || !source) return;

  const data = JSON.parse(source.textContent);
  const scroll = section.querySelector(".matrix-scroll");
  const cells = section.querySelector(".matrix-cells");
  const drawing = section.querySelector(".matrix-runs");
  const axis = section.querySelector(".matrix-axis");
  const tracks = section.querySelectorAll(".matrix-tracks li");
  const told = document.getElementById("matrix-told");
  const tools = document.getElementById("matrix-tools");
  const STATUS = { N: "NEW", P: "PENDING", D: "DONE", R: "RETRY", F: "FAILED" };
  const TROUBLE = "RFo";
  const columns = data.days.length;
  const rows = data.rows.length;
  let at = null;

  // Ids come as differences: "12 6*3" is 12, 18, 24, 30.
  const series = (text) => {
    const found = [];
    let last = 0;
    for (const part of text ? text.split(" ") : []) {
      const [step, times] = part.split("*").map(Number);
      for (let n = times || 1; n > 0; n -= 1) found.push((last += step));
    }
    return found;
  };
  const known = new Map();
  const idsOf = (row) => {
    if (!known.has(row)) {
      const [, letters, tiles, scenes] = data.rows[row];
      const ids = series(tiles);
      const less = series(scenes);
      const found = new Map();
      [...letters].forEach((letter, column) => {
        if (data.linked.includes(letter)) {
          const number = found.size;
          found.set(column, { tile: ids[number], scene: ids[number] + less[number] });
        }
      });
      known.set(row, found);
    }
    return known.get(row);
  };
  const reasonOf = (row, column) => {
    const runs = data.rows[row][4];
    for (let n = 0; n < runs.length; n += 3) {
      if (runs[n] <= column && column <= runs[n + 1]) return data.reasons[runs[n + 2]];
    }
    return "";
  };
  const address = (ids) => `${section.dataset.scenes}${ids.scene}.html#tile-${ids.tile}`;

  const add = (parent, name, text, className) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  };
  const status = (parent, name) => {
    add(parent, "span", name, `status ${name.toLowerCase()}`);
  };

  const tell = () => {
    const line = told.firstElementChild;
    line.textContent = "";
    if (!at) {
      add(line, "span", "Point at a cell or tap it, or focus the matrix and use the arrow keys.", "quiet");
      return;
    }
    const [name, letters] = data.rows[at.row];
    const letter = letters[at.column];
    add(line, "b", data.days[at.column]);
    line.append(` · ${name} · `);
    if (letter === "o") {
      line.append("expected, but never came");
    } else if (letter === ".") {
      line.append("nothing acquired");
    } else {
      const ids = idsOf(at.row).get(at.column);
      const several = data.several[`${at.row},${at.column}`];
      if (several) line.append(`${several[0]} tiles, the worst: `);
      status(line, STATUS[letter]);
      if (ids) {
        line.append(" ");
        add(line, "a", `tile ${ids.tile}`).href = address(ids);
      }
      const reason = reasonOf(at.row, at.column);
      if (reason) line.append(`: ${reason}`);
      if (several) {
        line.append(" · all: ");
        for (let n = 1; n < several.length; n += 3) {
          if (n > 1) line.append(", ");
          add(line, "a", `tile ${several[n]}`).href = address({ tile: several[n], scene: several[n + 1] });
          line.append(` ${STATUS[several[n + 2]]}`);
        }
        const more = several[0] - (several.length - 1) / 3;
        if (more > 0) line.append(` and ${more} more`);
      }
    }
  };

  const shape = (className) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("class", className);
    return rect;
  };
  const marks = { row: shape("lane"), column: shape("lane"), cell: shape("cursor") };
  const unitsHigh = drawing.viewBox.baseVal.height / Math.max(rows, 1);
  const place = (rect, x, y, width, height) => {
    for (const [key, value] of Object.entries({ x, y, width, height })) rect.setAttribute(key, value);
  };
  const mark = () => {
    tracks.forEach((item, row) => item.classList.toggle("at", at !== null && row === at.row));
    if (!at) {
      Object.values(marks).forEach((rect) => rect.remove());
      return;
    }
    place(marks.row, 0, at.row * unitsHigh, columns, unitsHigh);
    place(marks.column, at.column, 0, 1, rows * unitsHigh);
    place(marks.cell, at.column, at.row * unitsHigh, 1, unitsHigh);
    drawing.append(marks.row, marks.column, marks.cell);
  };
  const go = (row, column) => {
    const next = { row: Math.min(Math.max(row, 0), rows - 1), column: Math.min(Math.max(column, 0), columns - 1) };
    if (at && at.row === next.row && at.column === next.column) return;
    at = next;
    mark();
    tell();
  };
  const leave = () => {
    at = null;
    mark();
    tell();
  };
  // Keeps the cell clear of the labels that stay in place.
  const show = () => {
    const left = tracks[0].getBoundingClientRect().width;
    const top = axis.getBoundingClientRect().height;
    const cell = { width: cells.getBoundingClientRect().width / columns, height: tracks[0].offsetHeight };
    const x = at.column * cell.width;
    const y = at.row * cell.height;
    const room = { width: scroll.clientWidth - left, height: scroll.clientHeight - top };
    if (x < scroll.scrollLeft) scroll.scrollLeft = x - cell.width;
    if (x + cell.width > scroll.scrollLeft + room.width) scroll.scrollLeft = x + 2 * cell.width - room.width;
    if (y < scroll.scrollTop) scroll.scrollTop = y - cell.height;
    if (y + cell.height > scroll.scrollTop + room.height) scroll.scrollTop = y + 2 * cell.height - room.height;
  };
  const open = () => {
    const ids = at && idsOf(at.row).get(at.column);
    if (ids) window.location.href = address(ids);
  };
  // The next or previous cell in trouble, day by day down the tracks of each.
  const seek = (step) => {
    const size = rows * columns;
    const from = at ? at.column * rows + at.row : step > 0 ? -1 : size;
    for (let cell = from + step; cell >= 0 && cell < size; cell += step) {
      const row = cell % rows;
      const column = (cell - row) / rows;
      if (TROUBLE.includes(data.rows[row][1][column])) {
        go(row, column);
        return;
      }
    }
  };
  const under = (event) => {
    const box = cells.getBoundingClientRect();
    go(
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * columns),
    );
  };

  let touched = false;
  cells.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") under(event);
  });
  cells.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
  });
  // A finger hides what it points at: a tap tells, a second one on the same cell opens.
  cells.addEventListener("click", (event) => {
    const before = at;
    under(event);
    if (!touched || at === before) open();
  });
  scroll.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && document.activeElement !== scroll) leave();
  });
  scroll.addEventListener("focus", () => {
    if (!at && scroll.matches(":focus-visible")) {
      go(0, columns - 1);
      show();
    }
  });
  scroll.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !at) return;
    const keys = {
      ArrowLeft: () => go(at.row, at.column - 1),
      ArrowRight: () => go(at.row, at.column + 1),
      ArrowUp: () => go(at.row - 1, at.column),
      ArrowDown: () => go(at.row + 1, at.column),
      Home: () => go(at.row, 0),
      End: () => go(at.row, columns - 1),
      PageUp: () => go(at.row - 10, at.column),
      PageDown: () => go(at.row + 10, at.column),
      n: () => seek(1),
      p: () => seek(-1),
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key in keys) {
      event.preventDefault();
      keys[key]();
      show();
    } else if (key === "Enter") {
      open();
    } else if (key === "Escape") {
      leave();
    }
  });

  // The year that the left edge is in stands in the corner: its own label may be out of sight.
  const corner = document.getElementById("matrix-corner");
  const year = () => {
    const column = Math.ceil((scroll.scrollLeft / cells.getBoundingClientRect().width) * columns);
    corner.textContent = column > 0 && column < columns ? data.days[column].slice(0, 4) : "";
  };
  scroll.addEventListener("scroll", year, { passive: true });

  const WIDTHS = [2, 3, 4, 6, 8, 11, 15, 20, 28];
  // Labels that have no room at this width are hidden.
  const thin = (texts, width, apart) => {
    let free = 0;
    for (const text of texts) {
      const x = (parseFloat(text.getAttribute("x")) / 100) * width;
      text.setAttribute("visibility", x < free ? "hidden" : "visible");
      if (x >= free) free = x + apart;
    }
  };
  const zoom = (step) => {
    const now = cells.getBoundingClientRect().width / columns;
    const left = tracks[0].getBoundingClientRect().width;
    const right = parseFloat(getComputedStyle(cells.parentElement).paddingInlineEnd) + 2;
    const middle = (scroll.scrollLeft + (scroll.clientWidth - left) / 2) / now;
    let next = Math.min(Math.max((scroll.clientWidth - left - right) / columns, WIDTHS[0]), WIDTHS.at(-1));
    if (step > 0) next = WIDTHS.find((width) => width > now + 0.1) || now;
    if (step < 0) next = WIDTHS.findLast((width) => width < now - 0.1) || now;
    const width = Math.round(next * columns);
    for (const svg of [cells, axis]) svg.setAttribute("width", String(width));
    thin(axis.querySelectorAll("text.year"), width, 40);
    thin(axis.querySelectorAll("text:not(.year)"), width, 28);
    section.classList.toggle("matrix-tight", next < 5);
    scroll.scrollLeft = middle * next - (scroll.clientWidth - left) / 2;
    year();
  };
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) zoom(Number(button.dataset.zoom));
  });

  told.hidden = false;
  tools.hidden = false;
  tell();
  scroll.scrollLeft = scroll.scrollWidth;
  year();
})();
