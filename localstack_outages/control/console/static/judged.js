/** Reads the document of verdicts. No other file knows its fields. */

import { ms, plural } from "./format.js";

/** What is not said well by its own words. @type {Record<string, string>} */
const SAID = {
  open: "undecided",
  noBackoff: "no pause between attempts",
  quotaUsedUp: "retry quota used up",
  gaveUpEarly: "gave up although it was over",
  stoppedBelowMax: "stopped before its last attempt",
  retriedNonRetryable: "retried what cannot succeed",
};

/** @param {string} name of an ending or a flag, in words */
export const inWords = (name) => SAID[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** @param {Verdict} verdict @returns {Judged} */
export function readVerdict(verdict) {
  const { service, operation, region, account, client, time, invocationId, gapsMs, totalMs, flags } = verdict;
  const begin = Date.parse(time);
  return {
    key: `${time} ${service}.${operation} ${invocationId ?? verdict.accessKey}`,
    name: `${service}.${operation}`,
    service, operation, region, account, flags, invocationId,
    accessKey: verdict.accessKey,
    begin,
    end: begin + totalMs,
    totalMs,
    ending: verdict.ending,
    attempts: verdict.attempts,
    maxAttempts: verdict.maxAttempts,
    strip: verdict.strip,
    gaps: gapsMs,
    client: [client.name ?? "unknown client", client.version, client.retryMode && `${client.retryMode} retries`].filter(Boolean).join(" "),
    got: [verdict.lastStatusCode, verdict.lastErrorCode].filter(Boolean).join(" ") || "no answer",
    ruleIds: verdict.ruleIds,
    isGuessed: verdict.grouping === "guessed",
    said: `${inWords(verdict.ending)} · ${plural(verdict.attempts, "attempt")} in ${ms(totalMs)}`,
  };
}

/** @param {VerdictsDocument | null} document @returns {Overview} how clients did in all */
export function readSummary(document) {
  const { endings = {}, flags = {}, attempts = {}, recoveryMs = null, calls = 0 } = document?.summary ?? {};
  const all = Object.entries(attempts).reduce((sum, [number, count]) => sum + Number(number) * count, 0);
  return {
    calls,
    endings: /** @type {Record<string, number>} */ (endings),
    flags: /** @type {Record<string, number>} */ (flags),
    recoveryP95: recoveryMs?.p95 ?? null,
    amplification: calls ? all / calls : 1,
  };
}

/** @param {Judged} judged how much it asks to be looked at */
const urgency = ({ flags, ending }) => (flags.length ? 4 : 0) + (ending === "failed" ? 2 : 0) + (ending === "open" ? 1 : 0);

/** @param {Judged[]} all newest first @returns {Group[]} by operation, those with a flag first */
export function groupByOperation(all) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const judged of all) {
    const group = groups.get(judged.name) ?? { name: judged.name, flagged: 0, endings: {}, flags: {}, regions: [], all: [] };
    groups.set(judged.name, group);
    group.all.push(judged);
    group.flagged += judged.flags.length ? 1 : 0;
    group.endings[judged.ending] = (group.endings[judged.ending] ?? 0) + 1;
    for (const flag of judged.flags) group.flags[flag] = (group.flags[flag] ?? 0) + 1;
    if (!group.regions.includes(judged.region)) group.regions.push(judged.region);
  }
  for (const group of groups.values()) group.all.sort((a, b) => urgency(b) - urgency(a) || b.begin - a.begin);
  const failed = (/** @type {Group} */ { endings }) => endings.failed ?? 0;
  return [...groups.values()].sort((a, b) => b.flagged - a.flagged || failed(b) - failed(a) || (a.name < b.name ? -1 : 1));
}

/** @param {Record<string, number>} counts @returns {string} such as "3 failed, 1 recovered" */
export const countsInWords = (counts) =>
  Object.entries(counts).filter(([, count]) => count).sort(([a], [b]) => Number(a === "open") - Number(b === "open")).map(([name, count]) => `${count.toLocaleString("en")} ${inWords(name)}`).join(", ");
