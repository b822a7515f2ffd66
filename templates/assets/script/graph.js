// The dependency graph: zoom and drag, a walk from node to node, and the chain that a tile stands in.
// Without this the drawing scrolls in its box, and every node is a link.
(() => {
  "use strict";
  const view = document.getElementById("graph-view");
  if (!view) return;
  const tools = document.querySelector(".graph-tools");
  const shown = tools.querySelector("output");
  const drawings = [...view.querySelectorAll("svg")].map((svg) => ({
    svg, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height,
  }));
  const nodes = [...view.querySelectorAll("a")];
  let scale = 1;

  // Zoom. All that is drawn grows alike, so the point at (x, y) of the box stays where it is.
  function zoom(to, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const next = Math.min(4, Math.max(0.05, to));
    const left = (view.scrollLeft + x) * next / scale - x;
    const top = (view.scrollTop + y) * next / scale - y;
    scale = next;
    for (const { svg, width, height } of drawings) {
      svg.setAttribute("width", width * scale);
      svg.setAttribute("height", height * scale);
    }
    view.scrollTo(left, top);
    shown.textContent = `${Math.round(scale * 100)}%`;
  }
  const fit = () => zoom(view.clientWidth / drawings.reduce((sum, { width }) => sum + width, 2));

  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = view.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  let pinch = null;
  const apart = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  view.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const distance = apart(event.touches);
    pinch ??= { distance, scale };
    const box = view.getBoundingClientRect();
    const [one, other] = event.touches;
    zoom(pinch.scale * distance / pinch.distance,
      (one.clientX + other.clientX) / 2 - box.left, (one.clientY + other.clientY) / 2 - box.top);
  }, { passive: false });
  for (const name of ["touchend", "touchcancel"]) view.addEventListener(name, () => { pinch = null; });

  // Drag by mouse; fingers scroll already. A drag that began on a node must not open it.
  let drag = null;
  view.addEventListener("dragstart", (event) => event.preventDefault());
  view.addEventListener("pointerdown", (event) => {
    drag = null;
    if (event.pointerType === "mouse" && event.button === 0) {
      drag = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop, moved: false };
    }
  });
  view.addEventListener("pointermove", (event) => {
    if (!drag || !(event.buttons & 1)) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(x, y) < 5) return;
    if (!drag.moved) {
      drag.moved = true;
      view.setPointerCapture(event.pointerId);
      view.classList.add("dragged");
    }
    view.scrollTo(drag.left - x, drag.top - y);
  });
  for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, () => view.classList.remove("dragged"));
  view.addEventListener("click", (event) => {
    if (drag?.moved) event.preventDefault();
    drag = null;
  }, true);

  // The walk: one stop for the tab key, arrow keys from there.
  function place(node) {
    const { e, f } = node.transform.baseVal.getItem(0).matrix;
    return { x: e, y: node.classList.contains("away") ? f + Number(node.querySelector("text").getAttribute("y")) : f };
  }
  let places = null; // made when they are first needed: reading a thousand transforms takes a moment
  let current = nodes[0];
  for (const node of nodes) node.setAttribute("tabindex", node === current ? "0" : "-1");

  function go(node, block = "nearest") {
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block, inline: block });
  }
  function neighbour(node, dx, dy) {
    places ??= new Map(nodes.map((one) => [one, place(one)]));
    const from = places.get(node);
    let best = null;
    let least = Infinity;
    for (const [one, { x, y }] of places) {
      const along = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      if (along > 1 && aside <= along * 3 && along + 4 * aside < least) {
        least = along + 4 * aside;
        best = one;
      }
    }
    return best;
  }
  function nextProblem() {
    const isProblem = (node) => node.matches(".retry:not(.away), .failed:not(.away)");
    const start = view.contains(document.activeElement) || asked ? nodes.indexOf(current) + 1 : 0;
    const found = nodes.slice(start).find(isProblem) ?? nodes.find(isProblem);
    asked = true;
    if (found) go(found, "center");
    else shown.textContent = "none";
  }
  let asked = false;

  const keys = {
    "+": () => zoom(scale * 1.25), "=": () => zoom(scale * 1.25), "-": () => zoom(scale / 1.25),
    0: () => zoom(1), f: fit, n: nextProblem,
  };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = event.target.closest("a");
    if (node && arrows[event.key]) {
      const next = neighbour(node, ...arrows[event.key]);
      if (next) go(next);
    } else if (node && event.key === "Escape") view.focus();
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });

  // The chain above a tile: what must be done before it.
  let traced = [];
  function trace(node) {
    for (const one of traced) one.classList.remove("traced");
    traced = [];
    for (let prev = node?.dataset.prev; prev; prev = traced.at(-1).dataset.prev) {
      const before = document.getElementById(`tile-${prev}`);
      if (!before || traced.includes(before)) return;
      before.classList.add("traced");
      traced.push(before);
    }
  }
  view.addEventListener("focusin", (event) => {
    const node = event.target.closest("a");
    if (!node) return;
    current.setAttribute("tabindex", "-1");
    current = node;
    current.setAttribute("tabindex", "0");
    trace(node);
  });
  view.addEventListener("focusout", () => trace(null));
  view.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse" && !drag?.moved) trace(event.target.closest("a"));
  });
  view.addEventListener("pointerleave", () => trace(view.contains(document.activeElement) ? document.activeElement : null));

  // Links from other pages name a node.
  function arrive() {
    const node = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (node && view.contains(node)) go(node, "center");
  }
  addEventListener("hashchange", arrive);

  const actions = { in: keys["+"], out: keys["-"], fit, real: keys[0], problem: nextProblem };
  tools.addEventListener("click", (event) => actions[event.target.closest("button")?.dataset.graph]?.());
  tools.hidden = false;
  if (view.clientWidth < 500) zoom(0.7, 0, 0);
  arrive();
})();
