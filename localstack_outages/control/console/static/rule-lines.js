/** The lines of the list of rules: those of one test together and folded, departed ones apart, all narrowed by a search. */

import { isThere } from "./format.js";

/** So many departed rules are shown before the others are asked for. */
const FEW = 3;

/** @param {Status} status @param {string} text in small letters */
const has = (status, text) =>
  [status.id, status.owner, status.words.what, status.words.how, status.words.when, JSON.stringify(status.rule)].some((part) => part?.toLowerCase().includes(text));

/**
 * @param {Status[]} rules in their order
 * @param {Status[]} departed newest first
 * @param {string} search
 * @param {Set<string>} unfolded keys of heads
 * @returns {RuleLine[]}
 */
export function linesOf(rules, departed, search, unfolded) {
  const text = search.trim().toLowerCase();
  const found = (/** @type {Status[]} */ all) => (text ? all.filter((status) => has(status, text)) : all);
  const gone = found(departed);
  const isAll = Boolean(text) || unfolded.has("departed") || gone.length <= FEW;
  /** @type {RuleLine[]} */
  const lines = text ? found(rules).map(lineOf) : grouped(rules, unfolded);
  if (!gone.length) return lines;
  lines.push({ key: "departed", head: "Not in the list any more", count: gone.length, isOpen: isAll, isThere: false });
  return [...lines, ...(isAll ? gone : gone.slice(0, FEW)).map(lineOf)];
}

/** @param {Status} status @returns {RuleLine} */
const lineOf = (status) => ({ key: status.id, status, isThere: isThere(status) });

/** @param {Status[]} rules @param {Set<string>} unfolded @returns {RuleLine[]} neighbours of one owner together */
function grouped(rules, unfolded) {
  /** @type {Status[][]} */
  const runs = [];
  for (const status of rules) {
    const run = runs.at(-1);
    if (run && status.owner && run[0].owner === status.owner) run.push(status);
    else runs.push([status]);
  }
  return runs.flatMap((run) => {
    if (run.length === 1) return run.map(lineOf);
    const key = `of ${run[0].id}`, isOpen = unfolded.has(key);
    /** @type {RuleLine} */
    const head = { key, head: String(run[0].owner), count: run.length, isOpen, isThere: true };
    return [head, ...(isOpen ? run.map((status) => ({ ...lineOf(status), isInner: true })) : [])];
  });
}
