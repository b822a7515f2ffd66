// Times on pages are absolute; how long ago they are is told here, by the browser's clock.
(() => {
  "use strict";
  const STEPS = [[60, "s"], [60, "min"], [24, "h"], [Infinity, "d"]];

  // "3 h ago"; "in 2 d" for what is to come: another clock may be ahead of this one.
  function ago(then, now = Date.now()) {
    let count = Math.abs(now - then) / 1000;
    let unit = "";
    for (const [size, name] of STEPS) {
      unit = name;
      if (count < size) break;
      count /= size;
    }
    const told = `${Math.floor(count)} ${unit}`;
    return now >= then ? `${told} ago` : `in ${told}`;
  }

  const instant = (time) => Date.parse(time.dateTime.replace(" ", "T"));

  const shown = [...document.querySelectorAll(".ago time")]
    .map((time) => ({ then: instant(time), time }))
    .filter(({ then }) => Number.isFinite(then))
    .map(({ then, time }) => {
      const told = document.createElement("span");
      told.className = "how-long";
      time.after(told);
      return { then, told };
    });
  function tell() {
    const now = Date.now();
    for (const { then, told } of shown) told.textContent = ` (${ago(then, now)})`;
  }
  if (shown.length) {
    tell();
    setInterval(tell, 60_000);
  }

  // The others tell it when they are pointed at.
  document.addEventListener("pointerover", (event) => {
    const time = event.target instanceof Element && event.target.closest("time");
    if (!time) return;
    const then = instant(time);
    if (!Number.isFinite(then)) return;
    time.dataset.exact ??= time.title || time.dateTime;
    time.title = `${time.dataset.exact}, ${ago(then)}`;
  });

  window.sceneboard = { ago };
})();
