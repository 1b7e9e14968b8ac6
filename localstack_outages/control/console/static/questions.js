/** Asks back before a change that does more than it may seem. */

import { clear, end } from "./changes.js";
import { openDialog } from "./dialog.js";
import { byId, h } from "./dom.js";
import { how, plural, where } from "./format.js";
import { live } from "./live.js";

export function askToClear() {
  const dialog = openDialog("End all outages?",
    h("p", {}, `This deletes ${plural(live.status?.rules.length ?? 0, "rule")}.`),
    h("footer", {},
      h("button", { type: "button", class: "danger", onclick: () => (dialog.close(), void clear()) }, "End all"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
    ),
  );
}

/**
 * Rules for more than this place are in force here: ask what is meant.
 * @param {Target} target
 * @param {RuleStatus[]} wider
 * @param {(target: Target) => void} begin
 */
export function askWider(target, wider, begin) {
  const dialog = openDialog(
    where(target),
    h("p", {}, "In force here, and elsewhere too:"),
    h("ul", { class: "plain" }, ...wider.slice(0, 20).map((status) =>
      h("li", {},
        h("span", {}, h("b", {}, status.words.what), h("br"), how(status)),
        h("button", { type: "button", onclick: () => (dialog.close(), void end([status])) }, "End this rule"),
      ),
    )),
    h("footer", {},
      h("button", { type: "button", onclick: () => (dialog.close(), void begin(target)) }, `Start “${byId("fault").value}” here too`),
    ),
  );
}
