// Buttons that copy: beside each command, and those that a page has for a text of its own.
(() => {
  "use strict";
  const said = document.createElement("p");
  said.className = "seen-by-readers";
  said.setAttribute("role", "status");

  // The clipboard needs a secure page: over plain HTTP the text is selected and copied as by hand.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      const focused = document.activeElement;
      area.value = text;
      area.className = "seen-by-readers";
      document.body.append(area);
      area.select();
      const copied = document.execCommand("copy");
      area.remove();
      focused?.focus();
      return copied;
    }
  }

  async function press(button, text) {
    const name = button.dataset.name ?? (button.dataset.name = button.textContent);
    const copied = await copy(text);
    button.textContent = copied ? "Copied" : "Not copied";
    said.textContent = copied ? "Copied" : "It could not be copied: select the text instead";
    clearTimeout(button.timer);
    button.timer = setTimeout(() => { button.textContent = name; said.textContent = ""; }, 2000);
  }

  for (const command of document.querySelectorAll(".command")) {
    const lines = [...command.querySelectorAll("code")].map((line) => line.textContent);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = lines.length > 1 ? `Copy ${lines.length} lines` : "Copy";
    button.setAttribute("aria-label", `${button.textContent}: ${lines[0].slice(0, 60)}`);
    button.addEventListener("click", () => press(button, lines.join("\n")));
    command.append(button);
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", () => press(button, source.value ?? source.textContent));
  }
  document.body.append(said);
})();
