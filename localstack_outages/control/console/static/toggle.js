/** What a click on the map does. */

import { end, start } from "./changes.js";
import { byId } from "./dom.js";
import { judge } from "./health.js";
import { live, rulesOf } from "./live.js";
import { PRESETS } from "./presets.js";
import { askWider } from "./questions.js";

/** @param {Target} target start an outage, or end the one that there is */
export function toggle(target) {
  const own = rulesOf(target);
  if (own.length) return end(own);
  const { service, region } = target;
  const wider = service === "*" || region === "*" ? [] : judge(live.status?.rules ?? [])(service, region, undefined, 0).rules;
  if (wider.length) return askWider(target, wider, begin);
  return begin(target);
}

/** @param {Target} target */
function begin({ service, region }) {
  const duration = Number(byId("duration").value);
  /** @type {Rule} */
  const rule = {};
  if (service !== "*") rule.service = service;
  if (region !== "*") rule.region = region;
  return start({ ...rule, ...PRESETS[byId("fault").value], ...(duration && { duration }) });
}
