/** All about one call that a rule touched: as an attempt among others, where it was judged. */

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { clock, ms } from "./format.js";
import { find } from "./live.js";
import { openRule } from "./rule.js";
import { gotOf, isAttemptOf } from "./strip.js";
import { openVerdict, verdictsOf } from "./verdict.js";

/** @param {Call} call */
export async function openCall(call) {
  const judged = (await verdictsOf(call).catch(() => [])).find((one) => isAttemptOf(one, call));
  if (judged) {
    void openVerdict(judged, call);
    return;
  }
  const rule = find(call.ruleId);
  const { service, operation, region, account, client } = call;
  const dialog = openDialog(`${service}.${operation} · ${region}`,
    h("dl", {},
      h("dt", {}, "Asked"), h("dd", {}, `${service}.${operation} in ${region}, account ${account}, at ${clock(call.time)}`),
      h("dt", {}, "By"), h("dd", {}, [client.name ?? "unknown client", client.version].filter(Boolean).join(" ")),
      h("dt", {}, "Got"), h("dd", {}, `${gotOf(call)}, after ${ms(call.durationMs)}`),
      h("dt", {}, "Rule"), h("dd", {}, call.ruleId ? `${call.ruleId}${rule ? " " : ", which is not kept any more"}` : "none: the delay of every call ",
        rule ? h("button", { type: "button", onclick: () => (dialog.close(), openRule(rule)) }, `Show ${rule.id}`) : null)),
    h("details", { open: true }, h("summary", {}, "Record"), h("pre", { tabIndex: 0 }, JSON.stringify(call, null, 2))));
}
