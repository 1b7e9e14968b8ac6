/** Judges how a service does in a region, from the rules and from real traffic. */

import { FAULTS } from "./faults.js";
import { matches } from "./glob.js";

export const SIGNS = { up: "✓", degraded: "◐", out: "✕", recovering: "↻" };

/** How much each state asks to be looked at. */
export const SEVERITY = { up: 0, recovering: 1, degraded: 2, out: 3 };

/** @param {Health["state"][]} states @returns {Health["state"]} */
export const worst = (states) => states.reduce((most, state) => (SEVERITY[state] > SEVERITY[most] ? state : most), "up");

/** Clients are awaited so long after the last fault, milliseconds. */
const AWAITED_MS = 60_000;
/** A place is recovering for so long after the first good call, milliseconds. */
const SETTLING_MS = 5000;

/** @param {Rule} rule */
const faultsOf = (rule) => FAULTS.filter(({ name }) => rule[name] !== undefined && rule[name] !== null);

/** @param {Rule} rule whether it takes every call of its services and regions */
function takesAll(rule) {
  const { operation = "*", account = "*", principal = "*", origin = "any" } = rule;
  const { condition, header, page, call, probability = 1 } = rule;
  const isWide = operation === "*" && account === "*" && principal === "*" && origin !== "internal";
  return (
    isWide &&
    !condition &&
    !header &&
    !page &&
    !call &&
    probability === 1 &&
    faultsOf(rule).every(({ name, takesAll, passing = [] }) => takesAll && !passing.includes(rule[name]))
  );
}

/** @param {Rule} rule whether the calls that it takes fail */
export function fails(rule) {
  const faults = faultsOf(rule);
  return !faults.length || faults.some((fault) => fault.fails);
}

/** @param {RuleStatus[]} rules made ready for many questions */
export function judge(rules) {
  const active = rules.filter((rule) => rule.inForce);
  /** @type {Map<string, RuleStatus[]>} */
  const byService = new Map();

  /** @param {string} service @param {string} region @param {Place | undefined} place @param {number} now @returns {Health} */
  return (service, region, place, now) => {
    let ofService = byService.get(service);
    if (!ofService) {
      ofService = active.filter(({ rule }) => matches(rule.service ?? "*", service));
      byService.set(service, ofService);
    }
    const here = [];
    for (const status of ofService) {
      if (!matches(status.rule.region ?? "*", region)) continue;
      here.push(status);
      if (!takesAll(status.rule)) continue;
      const isOut = here.every(({ rule }) => fails(rule));
      return { state: isOut ? "out" : "degraded", rules: here, why: "" };
    }
    if (here.length) return { state: "degraded", rules: here, why: "" };
    return afterwards(place, now);
  };
}

/** @param {Place | undefined} place @param {number} now @returns {Health} */
function afterwards(place, now) {
  /** @param {Health["state"]} state @param {string} why */
  const health = (state, why) => ({ state, rules: [], why });
  if (!place?.lastInjected) return health("up", "");
  const { counts, lastInjected, recoveredAt } = place;
  if (!recoveredAt) {
    return now - lastInjected < AWAITED_MS ? health("recovering", "clients not back") : health("up", "");
  }
  if (counts?.serverError) return health("recovering", "errors");
  return now - recoveredAt < SETTLING_MS ? health("recovering", "clients back") : health("up", "");
}
