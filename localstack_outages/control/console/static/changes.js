/** Changes the list of rules, and says what became of it. */

import * as api from "./api.js";
import { plural, where } from "./format.js";
import { find, host, live, refresh } from "./live.js";
import { say } from "./toast.js";

const TRIES = 5;

/** Somebody else changed a rule, or ended it, since it was looked at. */
export class Changed extends Error {
  /** @param {string} id */
  constructor(id) {
    const now = find(id);
    const what = now && "startsIn" in now ? `changed; it is ${JSON.stringify(now.rule)} now` : "ended";
    super(`meanwhile ${id} was ${what}, by another console or a client. Look at it, then do it again`);
  }
}

/** @param {Rule[]} rules @param {boolean} [isFirst] before all others */
export const add = (rules, isFirst) => api.ask(`outages?position=${isFirst ? "first" : "last"}`, "PATCH", rules);

/**
 * Change one rule as it was seen. Where the list has changed meanwhile, but not this rule, that is no
 * reason to ask the user.
 * @param {RuleStatus} seen
 * @param {string} method
 * @param {(index: number, last: number) => any} [body] made from the place of the rule
 */
export async function change({ id, rule }, method, body) {
  for (let tries = 1; ; tries++) {
    const { instance, revision, rules } = /** @type {StatusDocument} */ (live.status);
    const index = rules.findIndex((status) => status.id === id);
    if (JSON.stringify(rules[index]?.rule) !== JSON.stringify(rule)) throw new Changed(id);
    const headers = { "If-Match": `"${instance}-${revision}"` };
    try {
      return await api.ask(`outages/rules/${id}`, method, body?.(index, rules.length - 1), headers);
    } catch (error) {
      if (!(error instanceof api.Refused) || error.status !== 412 || tries === TRIES) throw error;
      await refresh();
    }
  }
}

/**
 * Do something to the list.
 * @param {() => Promise<unknown>} action
 * @param {string} done what to say then
 * @param {() => unknown} [undo] takes it back
 * @returns {Promise<boolean>} whether it was done
 */
export async function carryOut(action, done, undo) {
  try {
    await action();
    say(done, false, undo);
    return true;
  } catch (error) {
    say(`Nothing changed: ${message(error)}`, true);
    return false;
  } finally {
    void refresh();
  }
}

/** @param {unknown} error */
export function message(error) {
  if (error instanceof api.Gone) return `${host()} does not answer`;
  return error instanceof Error ? error.message : String(error);
}

/** @param {Rule[]} rules @param {boolean} [isFirst] @returns {Promise<RuleStatus[]>} the rules as they are in the list */
export async function addAndFind(rules, isFirst) {
  const before = new Set(live.status?.rules.map(({ id }) => id));
  await add(rules, isFirst);
  await refresh();
  const texts = new Set(rules.map((rule) => JSON.stringify(rule)));
  return (live.status?.rules ?? []).filter(({ id, rule }) => !before.has(id) && texts.has(JSON.stringify(rule)));
}

/** @param {Rule | Rule[]} started those that are to decide before all others @param {string} [name] of them together */
export function start(started, name) {
  const rules = [started].flat();
  /** @type {RuleStatus[]} */
  let added = [];
  return carryOut(async () => (added = await addAndFind(rules, true)), `Started: ${name ?? where(rules[0])}`, () => end(added));
}

/** @param {RuleStatus[]} seen */
export function end(seen) {
  const order = live.status?.rules.map(({ id }) => id) ?? [];
  return carryOut(
    async () => {
      for (const status of seen) await change(status, "DELETE");
    },
    seen.length === 1 ? `Ended: ${seen[0].words.what}` : `Ended ${plural(seen.length, "rule")}`,
    () => restore(seen, order),
  );
}

/** Start rules again that were ended, each at the place that it had; hits and times start anew. @param {RuleStatus[]} seen @param {string[]} order the ids of the list before */
const restore = (seen, order) =>
  carryOut(async () => {
    for (const { id, rule, owner } of seen) {
      const before = new Set(live.status?.rules.map((status) => status.id));
      await api.ask(`outages${owner ? `?${new URLSearchParams({ owner })}` : ""}`, "PATCH", [rule]);
      await refresh();
      const back = live.status?.rules.find((status) => !before.has(status.id));
      if (back) await change(back, "PATCH", (_, last) => ({ position: Math.min(last, order.indexOf(id)) }));
    }
  }, seen.length === 1 ? `Back: ${seen[0].words.what}` : `Back: ${plural(seen.length, "rule")}`);

/** @param {RuleStatus} seen @param {(index: number, last: number) => number} to */
export const move = (seen, to) =>
  carryOut(() => change(seen, "PATCH", (index, last) => ({ position: to(index, last) })), `Moved: ${seen.words.what}`);

/** End all. */
export function clear() {
  const seen = [...(live.status?.rules ?? [])];
  return carryOut(() => api.ask("outages", "POST", []), "All outages ended", () => restore(seen, seen.map(({ id }) => id)));
}
