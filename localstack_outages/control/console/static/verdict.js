/** All about one call of an application: its attempts, the rules, and how to do it again. */

import * as api from "./api.js";
import { copyable, REPEATS } from "./copies.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { clock, plural } from "./format.js";
import { inWords, readVerdict } from "./judged.js";
import { find } from "./live.js";
import { openRule } from "./rule.js";
import { isAttemptOf, makeStrip } from "./strip.js";

/** What each flag means for who reads it. @type {Record<string, string>} */
const MEANING = {
  neverRetried: "It failed with an error that a retry can cure, and nobody tried again.",
  noBackoff: "It tried again without a pause, which keeps a service down that struggles.",
  retryStorm: "It tried more often than any SDK does by default.",
  gaveUpEarly: "It gave up, and seconds later the same operation worked again.",
  stoppedBelowMax: "It tried less often than it had announced, as an SDK does whose retry quota is used up.",
  retriedNonRetryable: "It repeated what a repetition cannot cure, such as a refused permission.",
  amplified: "The application and its SDK both retried, so that tries and attempts multiply.",
  quotaUsedUp: "The SDK had used up its retry quota, and stopped trying.",
  failedAfterRetry: "It was carried out, the answer was lost, and the retry was refused for that.",
  carriedOutTwice: "It was carried out, the answer was lost or late, and it was carried out again.",
  halfAnswerTaken: "The answer broke off, and the client took it for a whole one.",
  entriesLost: "Some entries of the batch failed, and nobody sent them again.",
};

/** @param {{service: string, region: string}} place @returns {Promise<Judged[]>} the verdicts there as they are now: the page may have older ones */
export async function verdictsOf({ service, region }) {
  const { verdicts } = await api.ask(`outages/verdicts?${new URLSearchParams({ limit: "200", service, region })}`);
  return verdicts.map(readVerdict);
}

/** @param {Judged} judged @returns {Promise<Call[]>} its attempts, as far as the journals have them */
async function attemptsOf(judged) {
  const { service, region } = judged;
  const found = await Promise.all(["events", "calls"].map((journal) => api.journal(journal, { service, region })));
  /** @type {Map<string, Call>} both journals have what a rule touched */
  const known = new Map();
  for (const call of found.flat()) if (isAttemptOf(judged, call)) known.set(`${call.time} ${call.requestId} ${call.client.attempt}`, call);
  return [...known.values()].sort((a, b) => a.offsetMs - b.offsetMs);
}

/** @param {Judged} seen @param {Call} [here] the attempt that was clicked */
export async function openVerdict(seen, here) {
  const judged = (await verdictsOf(seen).catch(() => [])).find(({ key }) => key === seen.key) ?? seen;
  const calls = await attemptsOf(judged).catch(() => []);
  const { name, region, account, accessKey, flags, ruleIds, maxAttempts } = judged;
  const rules = ruleIds.map((id) => ({ id, status: find(id) }));
  const dialog = openDialog(`${name}: ${judged.said}`,
    ...flags.map((flag) => h("p", { class: "warning" }, `⚠ ${inWords(flag)}${MEANING[flag] ? `: ${MEANING[flag]}` : ""}`)),
    h("dl", {},
      h("dt", {}, "Asked"), h("dd", {}, `${name} in ${region}, account ${account}${accessKey ? `, as ${accessKey}` : ""}, at ${clock(judged.begin)}`),
      h("dt", {}, "By"), h("dd", {}, `${judged.client}${maxAttempts ? `, up to ${plural(maxAttempts, "attempt")}` : ""}${judged.isGuessed ? `; which ${judged.invocationId ? "tries" : "attempts"} belong together is a guess` : ""}`),
      h("dt", {}, "Got"), h("dd", {}, judged.got),
      ...(rules.length ? [h("dt", {}, rules.length === 1 ? "Rule" : "Rules")] : []),
      ...rules.map(({ id, status }) => h("dd", {}, status ? `${id}: ${status.words.what}, ${status.words.how} ` : `${id}, which is not kept any more`,
        status ? h("button", { type: "button", onclick: () => (dialog.close(), openRule(status)) }, `Show ${id}`) : null)),
    ),
    h("h3", {}, "Attempts"), makeStrip(judged, here),
    h("h3", {}, "Do it again"), ...copyable(REPEATS, { judged, rules: rules.flatMap(({ status }) => (status ? [status.rule] : [])) }),
    calls.length ? h("details", {}, h("summary", {}, "Records"), h("pre", { tabIndex: 0 }, JSON.stringify(calls, null, 2))) : null,
  );
  dialog.classList.add("wide");
}
