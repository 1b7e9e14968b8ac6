/** The list of rules, and of those that left it. */

import { around, byId, h, later, on, setText } from "./dom.js";
import { figures, how, isThere, stateOf, where } from "./format.js";
import { live, onNews } from "./live.js";
import { makeRow, Windowed } from "./windowed.js";

export function showRules() {
  on("new-rule", "click", () => later(import("./form.js"), ({ openForm }) => openForm()));
  on("clear", "click", () => later(import("./questions.js"), ({ askToClear }) => askToClear()));
  on("copy-all", "click", () =>
    later(import("./rule.js"), ({ openCopies }) => openCopies((live.status?.rules ?? []).map(({ rule }) => rule))));
  const list = new Windowed(byId("rules"), (/** @type {Status} */ { id }) => id, createRow, updateRow);
  on("rules", "click", (event) => {
    const status = find(around(event, "[data-key]")?.dataset.key);
    if (!status) return;
    if (!around(event, ".act")) later(import("./rule.js"), ({ openRule }) => openRule(status));
    else later(import("./changes.js"), ({ end, start }) => (isThere(status) ? end([status.rule]) : start(status.rule)));
  });
  onNews(() => {
    const { rules = [], departed = [] } = live.status ?? {};
    const warnings = rules.filter((rule) => rule.warnings.length).length;
    setText(byId("rules-count"), `${rules.length} in the list${warnings ? `, ${warnings} with warnings` : ""}`);
    byId("rules-empty").hidden = rules.length + departed.length > 0;
    byId("clear").disabled = byId("copy-all").disabled = rules.length === 0;
    list.set([...rules, ...departed]);
  });
}

/** @param {string | null} [id] */
export function find(id) {
  const is = (/** @type {Status} */ status) => status.id === id;
  return live.status?.rules.find(is) ?? live.status?.departed.find(is);
}

const createRow = () =>
  makeRow(h("span", { role: "gridcell", class: "end" }, h("button", { type: "button", class: "act" })));

/** @param {HTMLElement} row @param {Status} status */
function updateRow(row, status) {
  const { id, rule } = status;
  const [name, text, state, numbers] = row.querySelectorAll("b, small");
  const [, act] = row.querySelectorAll("button");
  const warnings = "warnings" in status ? status.warnings.length : 0;
  row.dataset.state = isThere(status) ? ("inForce" in status && status.inForce ? "out" : "waiting") : "gone";
  setText(name, `${warnings ? "⚠ " : ""}${where(rule)}`);
  setText(text, `${id} · ${how(rule)}${rule.description ? ` — ${rule.description}` : ""}`);
  setText(state, stateOf(status));
  setText(numbers, figures(status));
  setText(act, isThere(status) ? "End" : "Again");
  act.setAttribute("aria-label", `${act.textContent} ${id}, ${where(rule)}`);
}
