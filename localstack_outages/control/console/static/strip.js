/** The attempts of one call as a strip: what each got, and the pauses between them. */

import { h } from "./dom.js";
import { ms } from "./format.js";

/** A part of the strip is at least so wide, as a share of the longest. */
const LEAST = 0.05;

/** @param {Call} call what it got */
export function gotOf({ outcome, injected, statusCode, errorCode }) {
  const late = injected.delayMs ? `${ms(injected.delayMs)} late` : "";
  const answer = injected.connection ? `connection ${injected.connection}` : [statusCode ?? "no answer", errorCode].filter(Boolean).join(" ");
  return [late, outcome === "ok" ? `${answer} ok` : answer].filter(Boolean).join(", ");
}

/**
 * @param {Judged} judged
 * @param {Call[]} calls its attempts as far as the journals have them, in order
 * @param {Call} [here] the one that was asked about
 */
export function makeStrip(judged, calls, here) {
  /** @type {{text: string, took: number | null, state: string, by: string, isHere: boolean}[]} */
  const attempts = calls.length
    ? calls.map((call) => ({ text: gotOf(call), took: call.durationMs, state: call.outcome, by: call.ruleId ?? "", isHere: call === here }))
    : Array.from({ length: judged.attempts }, (_, index) => {
        const isLast = index === judged.attempts - 1;
        return { text: isLast ? judged.got : "not kept any more", took: null, state: isLast ? judged.ending : "", by: "", isHere: false };
      });
  const gaps = calls.length === judged.attempts || !calls.length ? judged.gaps : pauses(calls);
  const longest = Math.max(1, ...attempts.map(({ took }) => took ?? 0), ...gaps.map((gap) => gap ?? 0));
  /** @param {HTMLElement} element @param {number | null} time */
  const sized = (element, time) => {
    element.style.flexGrow = String(Math.max(LEAST, (time ?? 0) / longest));
    return element;
  };
  const bar = attempts.flatMap(({ state, took }, index) => [
    ...(index ? [sized(h("i", { class: "pause" }), gaps[index - 1])] : []),
    sized(h("i", { "data-state": state }), took),
  ]);
  const lines = attempts.flatMap(({ text, took, state, by, isHere }, index) => [
    ...(index ? [h("li", { class: "pause" }, gaps[index - 1] == null ? "pause not known" : `pause of ${ms(gaps[index - 1])}`)] : []),
    h("li", { "data-state": state, class: isHere ? "here" : "" }, h("b", {}, `${index + 1}. ${text}`), h("small", {}, [took === null ? "" : ms(took), by].filter(Boolean).join(" · "))),
  ]);
  return h("div", {}, h("div", { class: "strip", "aria-hidden": "true" }, ...bar), h("ol", { class: "attempts", tabIndex: 0, "aria-label": "Attempts and pauses" }, ...lines));
}

/** @param {Call[]} calls */
const pauses = (calls) =>
  calls.slice(1).map((call, index) => Math.max(0, call.offsetMs - calls[index].offsetMs - calls[index].durationMs));
