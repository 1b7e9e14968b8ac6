/** All about one rule, and all that can be done with it. */

import { ANEW, end, start } from "./changes.js";
import { COPIES } from "./copies.js";
import { openDialog } from "./dialog.js";
import { h, say } from "./dom.js";
import { openForm } from "./form.js";
import { figures, how, isThere, plural, stateOf, where } from "./format.js";
import { move } from "./order.js";

/** @param {Status} status */
export function openRule(status) {
  const { id, rule } = status;
  /** @param {string} text @param {() => void} action */
  const button = (text, action) => h("button", { type: "button", onclick: () => (dialog.close(), action()) }, text);
  const warnings = "warnings" in status ? status.warnings : [];
  const dialog = openDialog(`${id}: ${where(rule)}`,
    h("p", {}, `${how(rule)} — ${stateOf(status)}, ${figures(status)}`),
    ...warnings.map(({ message }) => h("p", { class: "warning" }, `⚠ ${message}`)),
    h("pre", { tabIndex: 0 }, JSON.stringify(rule, null, 2)),
    isThere(status)
      ? h("footer", {},
          button("End", () => void end([rule])),
          button("Edit …", () => openForm(rule, id)),
          button("Copy as …", () => openCopies([rule])),
          button("To the top", () => void move(id, () => 0)),
          button("Up", () => void move(id, (index) => Math.max(0, index - 1))),
          button("Down", () => void move(id, (index) => index + 1)),
          button("To the end", () => void move(id, (_, last) => last)),
        )
      : h("footer", {}, button("Start again", () => void start(rule)), button("Start another like it …", () => openForm(rule)), button("Copy as …", () => openCopies([rule]))),
    h("p", { class: "note" }, isThere(status) ? `The first rule that fires decides. To edit or move a rule, the whole list is set anew: ${ANEW}.` : ""),
  );
}

/** @param {Rule[]} rules */
export function openCopies(rules) {
  const area = h("textarea", { readOnly: true, rows: 12, spellcheck: false, "aria-label": "The rules" });
  const choice = h("select", { "aria-label": "Form" }, ...Object.keys(COPIES).map((name) => h("option", {}, name)));
  const show = () => (area.value = COPIES[choice.value](rules));
  choice.addEventListener("change", show);
  const copy = () => {
    area.select();
    // navigator.clipboard is there only for pages that came over HTTPS or from localhost.
    say(document.execCommand("copy") ? "Copied" : "Press Ctrl+C or ⌘C to copy");
  };
  openDialog(rules.length === 1 ? "Copy the rule" : `Copy ${plural(rules.length, "rule")}`,
    h("p", {}, choice), area, h("footer", {}, h("button", { type: "button", onclick: copy }, "Copy")));
  show();
}
