// How old the build is, and whether there is a newer one. Over HTTP build.json tells; from a file, where a page can't
// read another file, a script beside it does (build/build.json).
(() => {
  "use strict";
  const LOOK_EACH_MS = 60_000;
  const told = document.getElementById("built");
  const notice = document.getElementById("build");
  const site = new URL(document.body.dataset.site, location.href);
  if (!told || !notice) return;
  let first = null;
  let last = null;

  // The schedule is said by `build --every`; one build may take a while, so it is late only after half as much again.
  function late(build, now) {
    const due = build.every_seconds;
    return due > 0 && now - Date.parse(build.time) > due * 1500 + 60_000;
  }

  const span = (seconds) =>
    [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].filter(([size]) => seconds % size === 0 && seconds >= size)
      .map(([size, unit]) => `${seconds / size} ${unit}`)[0];

  function say(words, reload) {
    if (notice.dataset.said === words) return;
    notice.dataset.said = words;
    notice.replaceChildren();
    notice.className = words ? "note" : "";
    if (!words) return;
    notice.append(words);
    if (reload) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Reload";
      button.addEventListener("click", () => location.reload());
      notice.append(" ", button);
    }
  }

  function tell() {
    if (!last) return;
    const now = Date.now();
    const readable = (time) => time.slice(0, 19).replace("T", " ");
    if (last.as_of) {
      told.textContent = `The state of ${readable(last.as_of)}, built ${readable(last.time)}.`;
      return;
    }
    const time = readable(last.time);
    told.textContent = `Built ${time} (${window.sceneboard.ago(Date.parse(last.time), now)}).`;
    if (first.build !== last.build) say("There is a newer build of this site.", true);
    else if (late(last, now)) {
      say(`This may be out of date: the site is built every ${span(last.every_seconds)}, but the last build was ${window.sceneboard.ago(Date.parse(last.time), now)}.`);
    } else say("");
  }

  function take(build) {
    if (!build || typeof build.build !== "string" || !Number.isFinite(Date.parse(build.time))) return;
    first ??= build;
    last = build;
    tell();
  }

  if (location.protocol === "file:") {
    window.sceneboardBuild = take;
    const script = document.createElement("script");
    script.src = new URL("build/build.json", site);
    document.head.append(script);
    setInterval(tell, LOOK_EACH_MS);
    return;
  }
  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(site, { cache: "no-store" });
      if (answer.ok) take(await answer.json());
    } catch {
      // Offline, or the site is being moved: the next look tells.
    }
    tell();
  }
  look();
  setInterval(look, LOOK_EACH_MS);
  document.addEventListener("visibilitychange", look);
})();
