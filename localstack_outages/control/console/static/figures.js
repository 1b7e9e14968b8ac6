/** What each figure on top counts: the page is narrowed to that. */

import { readVerdict } from "./judged.js";
import { live, MINUTE_MS, now } from "./live.js";

/** @type {Record<string, () => Partial<View>>} */
export const FIGURES = {
  out: () => ({
    takesVerdict: ({ service }) => live.servicesOut.has(service),
    takesPlace: (service) => live.servicesOut.has(service),
    takesCall: ({ service }) => live.servicesOut.has(service),
    takesRule: (status) => "inForce" in status && status.inForce,
  }),
  failed: () => {
    const since = now() - MINUTE_MS;
    return {
      takesVerdict: ({ end, ending }) => end > since && ending !== "succeeded",
      takesPlace: (service, region) => (live.places.get(`${service} ${region}`)?.lastInjected ?? 0) > since,
      takesCall: ({ outcome, time }) => outcome === "injected" && Date.parse(time) > since,
      takesRule: ({ hits }) => hits > 0,
    };
  },
  recovered: () => ofVerdicts(({ ending }) => ending === "recovered"),
  neverRetried: () => ofVerdicts(({ flags }) => flags.includes("neverRetried")),
  amplified: () => ofVerdicts(({ attempts }) => attempts > 1),
};

/** @param {(judged: Judged) => boolean} takesVerdict */
function ofVerdicts(takesVerdict) {
  const found = (live.verdicts?.verdicts ?? []).map(readVerdict).filter(takesVerdict);
  const places = new Set(found.map(({ service, region }) => `${service} ${region}`));
  const operations = new Set(found.map(({ name, region }) => `${name} ${region}`));
  const rules = new Set(found.flatMap(({ ruleIds }) => ruleIds));
  return {
    takesVerdict,
    takesPlace: (/** @type {string} */ service, /** @type {string} */ region) => places.has(`${service} ${region}`),
    takesCall: (/** @type {Call} */ { service, operation, region }) => operations.has(`${service}.${operation} ${region}`),
    takesRule: (/** @type {Status} */ { id }) => rules.has(id),
  };
}
