/** The sentence at the top of the form: fail what, where, how often and for how long. */

import { h } from "./dom.js";
import { PRESETS } from "./presets.js";
import { FAULTS } from "./faults.js";

/** @type {Record<string, number | undefined>} */
const SHARES = { "all calls": undefined, "half of the calls": 0.5, "a tenth of the calls": 0.1, "one call in a hundred": 0.01 };
/** @type {Record<string, number | undefined>} */
const TIMES = { "until it is ended": undefined, "for 1 min": 60, "for 5 min": 300, "for 15 min": 900 };
/** @type {Record<string, Rule>} */
const VERBS = {
  Fail: PRESETS.outage, Throttle: PRESETS.throttling, "Fail inside": PRESETS["internal errors"], "Slow down": PRESETS["2 s slower"],
  "Reset connections of": PRESETS["connection resets"], "Never answer": PRESETS["no answer"],
};
/** Stands for what a sentence cannot say. */
const OTHER = "as set below";

/** @param {any} one @param {any} other */
const isSame = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** @param {Rule} rule the faults of it */
const faultsOf = (rule) => Object.fromEntries(FAULTS.filter(({ name }) => rule[name] !== undefined).map(({ name }) => [name, rule[name]]));

/**
 * @param {() => Rule} read gives the rule as the form has it
 * @param {(changes: Rule) => void} write puts fields into the form; undefined empties one
 */
export function makeSentence(read, write) {
  const choice = (/** @type {string} */ label, /** @type {Record<string, any>} */ options) =>
    h("select", { "aria-label": label }, ...[...Object.keys(options), OTHER].map((name) => h("option", {}, name)));
  const verb = choice("What happens", VERBS), share = choice("How many calls", SHARES), time = choice("How long", TIMES);
  const text = (/** @type {string} */ list, /** @type {string} */ label, /** @type {string} */ placeholder) =>
    h("input", { list, "aria-label": label, placeholder, autocomplete: "off", spellcheck: false });
  const service = text("services", "Service", "all services"), region = text("regions", "Region", "all regions");
  /** @param {HTMLSelectElement} select @param {Record<string, any>} options @param {any} value */
  const show = (select, options, value) => {
    select.value = Object.keys(options).find((name) => isSame(options[name], value)) ?? OTHER;
    /** @type {any} */ (select.lastElementChild).hidden = select.value !== OTHER;
  };
  const follow = () => {
    const rule = read();
    show(verb, VERBS, faultsOf(rule));
    show(share, SHARES, rule.probability);
    show(time, TIMES, rule.duration);
    if (document.activeElement !== service) service.value = rule.service ?? "";
    if (document.activeElement !== region) region.value = rule.region ?? "";
  };
  verb.addEventListener("change", () => verb.value in VERBS && write({ ...Object.fromEntries(FAULTS.map(({ name }) => [name, undefined])), ...VERBS[verb.value] }));
  share.addEventListener("change", () => share.value in SHARES && write({ probability: SHARES[share.value] }));
  time.addEventListener("change", () => time.value in TIMES && write({ duration: TIMES[time.value] }));
  for (const [input, field] of [[service, "service"], [region, "region"]]) input.addEventListener("input", () => write({ [field]: input.value.trim() || undefined }));
  const element = h("p", { class: "sentence inputs" }, verb, service, h("span", {}, "in"), region, share, time);
  return { element, service, follow };
}
