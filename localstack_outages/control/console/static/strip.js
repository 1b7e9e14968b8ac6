/** The attempts of one call of an application as a strip: what each got, and the pauses between them. */

import { h } from "./dom.js";
import { ms, plural } from "./format.js";

/** A part of the strip is at least so wide, as a share of the longest. */
const LEAST = 0.05;

/** @param {EffortAttempt} attempt @param {Call} call whether it is that attempt */
const isAttempt = ({ time, statusCode, ruleId }, call) => time === call.time && statusCode === call.statusCode && ruleId === call.ruleId;

/** @param {Judged} judged @param {Call} call whether it is one of the attempts. Each try of the application has an id of its own. */
export function isAttemptOf(judged, call) {
  const isSame = /** @type {const} */ (["service", "operation", "region", "account", "accessKey"]).every((name) => judged[name] === call[name]);
  return isSame && ((judged.invocationId !== null && judged.invocationId === call.client.invocationId) || judged.strip.some((attempt) => isAttempt(attempt, call)));
}

/** @param {Call} call what it got */
export const gotOf = ({ outcome, injected, statusCode, errorCode }) => got(outcome, injected.delayMs, injected.connection, statusCode, errorCode);

/** @param {string} outcome @param {number} delayMs @param {string | null} connection @param {number | null} statusCode @param {string | null} errorCode */
function got(outcome, delayMs, connection, statusCode, errorCode) {
  const answer = connection ? `connection ${connection}` : [statusCode ?? "no answer", errorCode].filter(Boolean).join(" ");
  return [delayMs ? `${ms(delayMs)} late` : "", outcome === "ok" ? `${answer} ok` : answer].filter(Boolean).join(", ");
}

/**
 * @param {Judged} judged
 * @param {Call} [here] the attempt that was asked about
 */
export function makeStrip(judged, here) {
  const { strip, gaps, attempts } = judged;
  const longest = Math.max(1, ...strip.map(({ durationMs }) => durationMs), ...gaps.slice(0, strip.length).map((gap) => gap ?? 0));
  /** @param {HTMLElement} element @param {number | null} time */
  const sized = (element, time) => {
    element.style.flexGrow = String(Math.max(LEAST, (time ?? 0) / longest));
    return element;
  };
  const bar = strip.flatMap(({ outcome, durationMs }, index) => [
    ...(index ? [sized(h("i", { class: "pause" }), gaps[index - 1])] : []),
    sized(h("i", { "data-state": outcome }), durationMs),
  ]);
  /** @param {number} index of the attempt after the pause */
  const pause = (index) => {
    const gap = gaps[index - 1] ?? null;
    const text = gap === null ? "pause not known" : `pause of ${ms(gap)}`;
    return h("li", { class: "pause" }, strip[index].newTry ? `${text}, then the application tried again` : text);
  };
  const lines = strip.flatMap((attempt, index) => [
    ...(index ? [pause(index)] : []),
    h("li", { "data-state": attempt.outcome, class: here && isAttempt(attempt, here) ? "here" : "" },
      h("b", {}, `${index + 1}. ${got(attempt.outcome, attempt.delayMs, attempt.connection, attempt.statusCode, attempt.errorCode)}`),
      h("small", {}, [ms(attempt.durationMs), attempt.ruleId].filter(Boolean).join(" · "))),
  ]);
  if (attempts > strip.length) lines.push(h("li", { class: "pause" }, `and ${plural(attempts - strip.length, "more attempt")}`));
  return h("div", {}, h("div", { class: "strip", "aria-hidden": "true" }, ...bar), h("ol", { class: "attempts", tabIndex: 0, "aria-label": "Attempts and pauses" }, ...lines));
}
