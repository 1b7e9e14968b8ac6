/** In which order the map shows its services and regions: trouble first, then traffic; quiet rows are folded. */

import { SEVERITY } from "./health.js";
import { live, now, rulesOf } from "./live.js";

/** More would not be read, and be slow to draw. */
const MAX_SERVICES = 60;
const MAX_REGIONS = 24;
/** A row is quiet without a call for so long, milliseconds. */
const QUIET_MS = 60_000;
/** Fewer rows than these are never folded. */
const FEW = 6;

/** @typedef {(service: string, region: string) => Health | undefined} HealthOf */

/** @type {string[]} in the order in which they were shown last */
let lastServices = [];
/** @type {string[]} */
let lastRegions = [];

/**
 * @param {{services: string[], regions: string[]}} all
 * @param {HealthOf} healthOf
 * @param {Target[]} added by the user: never folded
 * @param {boolean} isHeld whether what is shown stays where it is
 */
export function arrange({ services, regions }, healthOf, added, isHeld) {
  const ranked = (/** @type {string[]} */ names, /** @type {string[]} */ last, /** @type {(name: string) => number} */ rank) => {
    const ranks = new Map(names.map((name) => [name, rank(name)]));
    const rankOf = (/** @type {string} */ name) => ranks.get(name) ?? 0;
    const sorted = [...names].sort((a, b) => rankOf(b) - rankOf(a) || (a < b ? -1 : 1));
    if (!isHeld) return sorted;
    return [...last.filter((name) => ranks.has(name)), ...sorted.filter((name) => !last.includes(name))];
  };
  const rankService = (/** @type {string} */ service) => rank(regions.map((region) => [service, region]), healthOf);
  const rankRegion = (/** @type {string} */ region) => rank(services.map((service) => [service, region]), healthOf);
  lastServices = ranked(services, lastServices, rankService).slice(0, MAX_SERVICES);
  lastRegions = ranked(regions, lastRegions, rankRegion).slice(0, MAX_REGIONS);
  const isQuiet = (/** @type {string} */ service) =>
    rankService(service) < SEVERE && !rulesOf({ service, region: "*" }).length && !added.some((place) => place.service === service) &&
    !regions.some((region) => (live.places.get(`${service} ${region}`)?.calledAt ?? 0) > now() - QUIET_MS);
  const silent = lastServices.filter(isQuiet);
  const quiet = silent.slice(Math.max(0, FEW - lastServices.length + silent.length));
  return { services: lastServices.filter((service) => !quiet.includes(service)), regions: lastRegions, quiet };
}

/** Any trouble weighs more than all traffic. */
const SEVERE = 1000;

/** @param {string[][]} places @param {HealthOf} healthOf */
function rank(places, healthOf) {
  let trouble = 0, calls = 0;
  for (const [service, region] of places) {
    trouble = Math.max(trouble, SEVERITY[healthOf(service, region)?.state ?? "up"]);
    calls += live.places.get(`${service} ${region}`)?.calls ?? 0;
  }
  // Steps of traffic, or rows of much the same would change places all the time.
  return trouble * SEVERE + Math.round(2 * Math.log2(1 + calls));
}
