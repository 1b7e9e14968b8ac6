/** The list of rules, and of those that left it. */

import { around, byId, h, later, on, setText } from "./dom.js";
import { figures, how, isThere, plural, stateOf } from "./format.js";
import { live, onNews } from "./live.js";
import { onView, view } from "./view.js";
import { makeRow, Windowed } from "./windowed.js";

/** @type {typeof import("./rule-lines.js")["linesOf"] | undefined} how to search and fold, loaded when there is something to */
let linesOf;

/** @type {Set<string>} the heads that show what is below them */
const unfolded = new Set();

export function showRules() {
  const list = new Windowed(byId("rules"), (/** @type {RuleLine} */ { key }) => key, createRow, updateRow);
  const draw = () => {
    const { rules = [], departed = [] } = live.status ?? {};
    const warnings = rules.filter((rule) => rule.warnings.length).length;
    setText(byId("rules-count"), `${rules.length} in the list${warnings ? `, ${warnings} with warnings` : ""}`);
    byId("clear").disabled = byId("copy-all").disabled = rules.length === 0;
    const there = rules.filter(view.takesRule);
    const text = byId("search").value;
    if (!linesOf && (text || departed.length || rules.some(({ owner }) => owner)))
      later(import("./rule-lines.js"), (module) => ((linesOf = module.linesOf), draw()));
    /** @type {RuleLine[]} */
    const lines = linesOf?.(there, departed.filter(view.takesRule), text, unfolded) ?? there.map((status) => ({ key: status.id, status, isThere: true }));
    setText(byId("rules-empty"), rules.length + departed.length ? "None of these." : "No rules: all calls pass.");
    byId("rules-empty").hidden = lines.length > 0;
    list.set(lines);
  };
  for (const id of ["scenarios", "new-rule", "clear", "copy-all", "import", "rules"])
    on(id, "click", (event) => {
      const key = around(event, "#rules [data-key]")?.dataset.key ?? "";
      if (list.items.some((line) => line.key === key && line.head)) {
        if (!unfolded.delete(key)) unfolded.add(key);
        draw();
      } else later(import("./actions.js"), ({ ACTIONS }) => ACTIONS[id](event));
    });
  on("search", "input", draw);
  onNews(draw);
  onView(draw);
}

const createRow = () =>
  makeRow(h("span", { role: "gridcell", class: "end" }, h("button", { type: "button", class: "act" })));

/** @param {HTMLElement} row @param {RuleLine} line */
function updateRow(row, { status, head, count = 0, isOpen, isThere: isInList, isInner }) {
  const [name, text, state, numbers] = row.querySelectorAll("b, small");
  const [what, act] = row.querySelectorAll("button");
  row.classList.toggle("inner", Boolean(isInner));
  row.classList.toggle("head", Boolean(head));
  act.hidden = !status;
  if (!status) {
    row.dataset.state = isInList ? "waiting" : "gone";
    what.setAttribute("aria-expanded", String(isOpen));
    setText(name, `${isOpen ? "▾" : "▸"} ${head}`);
    setText(text, isOpen ? "" : isInList ? "a click shows its rules" : "the last of them; a click shows all");
    setText(state, plural(count, "rule"));
    setText(numbers, "");
    return;
  }
  what.removeAttribute("aria-expanded");
  const { id, rule, words } = status;
  const warnings = "warnings" in status ? status.warnings.length : 0;
  row.dataset.state = isThere(status) ? ("inForce" in status && status.inForce ? "out" : "waiting") : "gone";
  setText(name, `${warnings ? "⚠ " : ""}${words.what}`);
  setText(text, `${id} · ${how(status)}${[status.owner, rule.description].map((text) => (text ? ` — ${text}` : "")).join("")}`);
  setText(state, stateOf(status));
  setText(numbers, figures(status));
  setText(act, isThere(status) ? "End" : "Again");
  act.setAttribute("aria-label", `${act.textContent} ${id}, ${words.what}`);
}
