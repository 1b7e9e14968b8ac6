/** What clients made of the faults: how their calls ended, and what is wrong with that. */

import { byId, h } from "./dom.js";
import { clock, ms, plural } from "./format.js";
import { live, onNews } from "./live.js";

/** @type {Record<string, string>} */
const FLAGS = {
  neverRetried: "never retried",
  noBackoff: "no pause between attempts",
  retryStorm: "retry storm",
  gaveUpEarly: "gave up although it was over",
  stoppedBelowMax: "stopped before its last attempt",
  retriedNonRetryable: "retried what cannot succeed",
};

let judged = "";

export const showVerdicts = () => onNews(draw);

function draw() {
  if (!live.verdicts) return;
  const { summary, verdicts } = live.verdicts;
  const now = JSON.stringify([summary, verdicts[0]]);
  if (now === judged) return;
  judged = now;
  const counts = [...Object.entries(summary.endings), ...Object.entries(summary.flags).map(([flag, count]) => /** @type {const} */ ([FLAGS[flag] ?? flag, count]))];
  byId("summary").replaceChildren(...counts.filter(([, count]) => count).map(([name, count]) => h("li", {}, h("b", {}, String(count)), ` ${name}`)));
  byId("verdicts").replaceChildren(...verdicts.map((verdict) =>
    h("li", { "data-state": verdict.ending },
      h("b", {}, `${verdict.service}.${verdict.operation}`), ` ${verdict.ending} · ${plural(verdict.attempts, "attempt")} in ${ms(verdict.totalMs)}`,
      h("small", {}, `${clock(verdict.time)} · ${verdict.region} · ${[verdict.client.name ?? "unknown client", verdict.client.version].filter(Boolean).join(" ")}`),
      verdict.flags.length ? h("small", { class: "warning" }, `⚠ ${verdict.flags.map((flag) => FLAGS[flag] ?? flag).join(", ")}`) : null)));
  byId("verdicts-empty").hidden = verdicts.length > 0;
}
