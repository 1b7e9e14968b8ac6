/** Judges how a service does in a region, from the rules and from real traffic. */

import { matches } from "./glob.js";

/** Clients are awaited so long after the last fault, milliseconds. */
const AWAITED_MS = 60_000;
/** A place is recovering for so long after the first good call, milliseconds. */
const SETTLING_MS = 5000;

/** @param {Rule} rule whether it takes every call of its services and regions */
function takesAll({ operation = "*", account = "*", origin = "any", condition, probability = 1, throttle, sequence }) {
  const isWide = operation === "*" && account === "*" && origin !== "internal" && !condition;
  return isWide && probability === 1 && !throttle && !sequence;
}

/** @param {Rule} rule whether the calls that it takes fail */
const fails = ({ error, latency, connection }) => Boolean(error || connection) || latency === undefined;

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
      const isOut = here.every(({ rule }) => fails(rule) && !rule.sequence);
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
