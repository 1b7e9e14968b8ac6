/** Changes that need the whole list: a rule is moved, or edited where it stands. */

import * as api from "./api.js";
import { ANEW, carryOut, replace } from "./changes.js";
import { live, refresh } from "./live.js";

/** The list was changed by somebody else since it was looked at. */
export class Changed extends Error {
  constructor() {
    super("the list was changed meanwhile, in another console or by a client. Look at it, then do it again");
  }
}

/**
 * Put another list in place of the one there is. It is made from what the list is at this moment, so
 * that nothing is overwritten that was not seen.
 * @param {number} revision of the list that was looked at
 * @param {(rules: RuleStatus[]) => Rule[]} change
 */
export async function rewrite(revision, change) {
  const status = await api.status();
  if (status.revision !== revision) {
    await refresh();
    throw new Changed();
  }
  await replace(change(status.rules));
}

/** @param {string} id @param {(index: number, last: number) => number} to */
export function move(id, to) {
  const { revision } = /** @type {StatusDocument} */ (live.status);
  return carryOut(
    () =>
      rewrite(revision, (statuses) => {
        const rules = statuses.map(({ rule }) => rule);
        const index = statuses.findIndex((status) => status.id === id);
        const [rule] = rules.splice(index, 1);
        rules.splice(to(index, rules.length), 0, rule);
        return rules;
      }),
    `Moved; ${ANEW}`,
  );
}
