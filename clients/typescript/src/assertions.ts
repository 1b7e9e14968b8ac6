// What a test may expect of an outage. Assertions go by the evidence, which is counted as it happens.

import { AssertionError } from "node:assert";

import type { components } from "./api.js";
import type { Evidence, Verdict } from "./documents.js";
import { CannotKnow } from "./errors.js";
import { listed } from "./explanation.js";

type Bound = components["schemas"]["BoundReached"]["bound"];
type Entries = components["schemas"]["EntriesEvidence"];
type Place = components["schemas"]["PlaceEvidence"];

/** Who knows what an outage did. */
interface Witness {
  evidence(): Promise<Evidence>;
  explain(): Promise<string>;
}

const POLL_MS = 50;

// Tests replace these with a clock of their own, which stands still while an assertion waits.
const { setTimeout } = globalThis;
const now = performance.now.bind(performance);

export async function assertHit(
  witness: Witness,
  { times, atLeast = 1, within = 0 }: { times?: number; atLeast?: number; within?: number },
): Promise<void> {
  const isMet = ({ hits }: Evidence) => (times === undefined ? hits >= atLeast : hits === times);
  const evidence = await waitFor(witness, within, isMet);
  if (isMet(evidence)) return;
  const wanted = times === undefined ? `at least ${often(atLeast)}` : often(times);
  await fail(witness, `expected the outage to hit ${wanted}, but it hit ${often(evidence.hits)}`);
}

export async function assertRetried(
  witness: Witness,
  { atLeast = 1, backoff = false }: { atLeast?: number; backoff?: boolean },
): Promise<void> {
  const evidence = await witness.evidence();
  const { calls } = evidence;
  const lazy = Object.entries(calls.attempts)
    .filter(([attempts]) => Number(attempts) <= atLeast)
    .reduce((sum, [, count]) => sum + count, 0);
  if (lazy) {
    const told = calls.fewestAttempts.filter(({ attempts }) => attempts <= atLeast);
    await fail(
      witness,
      `expected each call that the outage hit to be retried at least ${often(atLeast)}, but not so:`,
      examples(told, lazy, calls.calls),
    );
  }
  const hasty = backoff ? (calls.flags["noBackoff"] ?? 0) : 0;
  if (hasty) {
    const told = examples(calls.noBackoff, hasty, calls.calls);
    await fail(witness, "expected a pause before each retry, but not so:", told);
  }
  refuseWhereLost(evidence, "calls", `whether each call was retried at least ${often(atLeast)}`);
  if (!calls.calls) await fail(witness, "expected calls to be retried, but the outage hit none");
}

export async function assertNotRepeated(witness: Witness): Promise<void> {
  const evidence = await witness.evidence();
  const { calls } = evidence;
  const expected = "expected nothing to be carried out twice";
  const repeated = calls.flags["carriedOutTwice"] ?? 0;
  if (repeated) {
    const told = examples(calls.carriedOutTwice, repeated, calls.calls);
    await fail(witness, `${expected}, but not so:`, told);
  }
  refuseWhereLost(evidence, "calls", "whether something was carried out twice");
  if (!calls.calls) await fail(witness, `${expected}, but the outage hit no call`);
}

export async function assertRecovered(
  witness: Witness,
  { within = 10 }: { within?: number },
): Promise<void> {
  const failing = ({ places }: Evidence) =>
    places.filter(({ recoveredAfter: after }) => after === null || after > within);
  const isTooLate = ({ recoveredAfter, lastFailedAgo }: Place) =>
    (recoveredAfter ?? lastFailedAgo) > within;
  const evidence = await waitFor(witness, within, (found) => {
    const left = failing(found);
    return !left.length || left.some(isTooLate);
  });
  const left = failing(evidence);
  if (left.length) {
    await fail(
      witness,
      `expected each operation that the outage failed to work again within ${within} s, but not so:`,
      listed(left.map(toldPlace)),
    );
  }
  refuseWhereLost(evidence, "places", "whether the application has recovered");
  if (!evidence.calls.calls && !lost(evidence, "calls")) {
    await fail(witness, "expected the application to recover, but the outage hit no call of it");
  }
}

export async function assertNoEntriesLost(
  witness: Witness,
  { within = 10 }: { within?: number },
): Promise<void> {
  const missing = ({ entries }: Evidence) =>
    entries.filter((place) => place.missingFor !== null || (place.longestRecovery ?? 0) > within);
  const isTooLate = ({ missingFor, longestRecovery }: Entries) =>
    Math.max(missingFor ?? 0, longestRecovery ?? 0) > within;
  const evidence = await waitFor(witness, within, (found) => {
    const left = missing(found);
    return !left.length || left.some(isTooLate);
  });
  const left = missing(evidence);
  if (left.length) {
    await fail(
      witness,
      `expected each entry that the outage failed to be sent again within ${within} s, but not so:`,
      listed(left.map(toldEntries)),
    );
  }
  refuseWhereLost(evidence, "entries", "whether each entry that failed was sent again");
  if (!evidence.entries.length) {
    await fail(witness, "expected failed entries to be sent again, but the outage failed none");
  }
}

/** Asks for the evidence until something is so, or its time is up; gives it as it is then. */
async function waitFor(
  witness: Witness,
  within: number,
  isDecided: (evidence: Evidence) => boolean,
): Promise<Evidence> {
  const deadline = now() + within * 1000;
  for (;;) {
    const evidence = await witness.evidence();
    if (isDecided(evidence) || now() >= deadline) return evidence;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function lost({ reached }: Evidence, bound: Bound): string {
  return reached.find((one) => one.bound === bound)?.message ?? "";
}

function refuseWhereLost(evidence: Evidence, bound: Bound, question: string): void {
  const reason = lost(evidence, bound);
  if (reason) throw new CannotKnow(question, reason);
}

async function fail(witness: Witness, ...lines: string[]): Promise<never> {
  throw new AssertionError({ message: [...lines, await witness.explain()].join("\n") });
}

function examples(verdicts: readonly Verdict[], count: number, of: number): string {
  const told = verdicts.map(toldCall);
  if (count > told.length) told.push(`(${count} of ${of} calls in all)`);
  return listed(told);
}

function toldCall(verdict: Verdict): string {
  const { attempts, tries, gapsMs, ending, flags } = verdict;
  const gaps = gapsMs.map((gap) => (gap === null ? "?" : gap.toFixed(0))).join(", ");
  return (
    `${named(verdict)}: attempts: ${attempts}` +
    (tries > 1 ? ` in ${tries} tries` : "") +
    (gaps && `, ${gaps} ms between them`) +
    `, ${ending}` +
    (flags.length ? ` (${flags.join(", ")})` : "")
  );
}

function toldPlace(place: Place): string {
  const after = place.recoveredAfter;
  return `${named(place)}, account ${place.account}: ${
    after === null
      ? `last failed ${place.lastFailedAgo} s ago, not answered since`
      : `only after ${after} s`
  }`;
}

function toldEntries(place: Entries): string {
  const missing = place.failed - place.recovered;
  return `${named(place)}, account ${place.account}: ${
    missing
      ? `${missing} of ${place.failed} not sent again, the first of them failed ${place.missingFor} s ago`
      : `one was sent again only after ${place.longestRecovery} s`
  }`;
}

function named(place: { service: string; operation: string; region: string }): string {
  return `${place.service}.${place.operation} in ${place.region}`;
}

function often(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
