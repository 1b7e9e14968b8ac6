/** Changes the list of rules, and says what became of it. */

import * as api from "./api.js";
import { say } from "./dom.js";
import { plural, where } from "./format.js";
import { refresh } from "./live.js";

export const ANEW = "hits, budgets and times of all rules start anew";

/** @param {Rule[]} rules */
export const replace = (rules) => api.ask("outages", "POST", rules);

/** @param {Rule[]} rules @param {boolean} [isFirst] before all others */
export const add = (rules, isFirst) => api.ask(`outages?position=${isFirst ? "first" : "last"}`, "PATCH", rules);

/** @param {Rule[]} rules */
const remove = (rules) => api.ask("outages", "DELETE", rules);

/**
 * Do something to the list.
 * @param {() => Promise<unknown>} action
 * @param {string} done what to say then
 * @returns {Promise<boolean>} whether it was done
 */
export async function carryOut(action, done) {
  try {
    await action();
    say(done);
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
  if (error instanceof api.Gone) return "LocalStack does not answer";
  return error instanceof Error ? error.message : String(error);
}

/** @param {Rule} rule that is to decide before all others */
export const start = (rule) => carryOut(() => add([rule], true), `Started: ${where(rule)}`);

/** @param {Rule[]} rules */
export const end = (rules) =>
  carryOut(
    () => remove(rules),
    rules.length === 1 ? `Ended: ${where(rules[0])}` : `Ended ${plural(rules.length, "rule")}`,
  );

/** End all. */
export const clear = () => carryOut(() => replace([]), "All outages ended");
