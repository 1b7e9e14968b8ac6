/** All about one rule, and all that can be done with it. */

import { end, move, start } from "./changes.js";
import { copyable, COPIES } from "./copies.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { openForm } from "./form.js";
import { figures, how, isThere, plural, stateOf } from "./format.js";

/** @param {Status} status */
export function openRule(status) {
  const { id, rule, words } = status;
  /** @param {string} text @param {() => void} action */
  const button = (text, action) => h("button", { type: "button", onclick: () => (dialog.close(), action()) }, text);
  const warnings = "warnings" in status ? status.warnings : [];
  const dialog = openDialog(`${id}: ${words.what}`,
    h("p", {}, `${how(status)} — ${stateOf(status)}, ${figures(status)}`),
    status.owner ? h("p", {}, `Of ${status.owner}`) : null,
    ...warnings.map(({ message }) => h("p", { class: "warning" }, `⚠ ${message}`)),
    h("pre", { tabIndex: 0 }, JSON.stringify(rule, null, 2)),
    isThere(status)
      ? h("footer", {},
          button("End", () => void end([status])),
          button("Edit …", () => openForm(rule, status)),
          button("Copy as …", () => openCopies([rule])),
          button("To the top", () => void move(status, () => 0)),
          button("Up", () => void move(status, (index) => Math.max(0, index - 1))),
          button("Down", () => void move(status, (index, last) => Math.min(last, index + 1))),
          button("To the end", () => void move(status, (_, last) => last)),
        )
      : h("footer", {}, button("Start again", () => void start(rule)), button("Start another like it …", () => openForm(rule)), button("Copy as …", () => openCopies([rule]))),
    isThere(status) ? h("p", { class: "note" }, "The first rule that fires decides.") : null,
  );
}

/** @param {Rule[]} rules */
export function openCopies(rules) {
  openDialog(rules.length === 1 ? "Copy the rule" : `Copy ${plural(rules.length, "rule")}`, ...copyable(COPIES, rules));
}
