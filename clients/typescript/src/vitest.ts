import { test as base } from "vitest";

import { Outages } from "./index.js";

/**
 * Vitest's `test` with a fixture `outages`: an `Outages` of each test's own, whose outages are over when
 * the test is.
 *
 * @example
 * test("survives throttling", async ({ outages }) => {
 *   const outage = await outages.outage({ service: "sqs", error: "throttling", times: 2 });
 *   ...
 *   await outage.assertRetried({ atLeast: 2 });
 * });
 */
export const test = base.extend<{ outages: Outages }>({
  // Vitest finds out by the braces which other fixtures it needs.
  outages: async ({}, use) => {
    const outages = new Outages();
    await use(outages);
    await outages.stopAll();
  },
});
