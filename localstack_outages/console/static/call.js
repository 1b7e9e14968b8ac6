/** All about one call. */

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { openRule } from "./rule.js";
import { find } from "./rules.js";

/** @param {Call} call */
export function openCall(call) {
  const rule = find(call.ruleId);
  const dialog = openDialog(`${call.service}.${call.operation} · ${call.region}`,
    h("p", {}, call.ruleId ? `By rule ${call.ruleId}${rule ? "" : ", which is not kept any more"}. ` : "By the delay of every call. ",
      rule ? h("button", { type: "button", onclick: () => (dialog.close(), openRule(rule)) }, `Show ${rule.id}`) : null),
    h("pre", { tabIndex: 0 }, JSON.stringify(call, null, 2)));
}
