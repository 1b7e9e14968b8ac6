/** Outages of AWS for tests: makes services fail in LocalStack, or in a gateway before another emulator. */

export type * from "./documents.js";
export * from "./errors.js";
export type { Outage } from "./outage.js";
export { Outages, type OutagesOptions, type SdkClient } from "./outages.js";
