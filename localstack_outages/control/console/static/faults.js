/** Written by 'make generate' from the schema. Do not edit. */

/** What each fault does to the calls that a rule matches. */
/** @type {{name: string, fails: boolean, takesAll: boolean, passing?: string[]}[]} */
export const FAULTS = [
  { name: "sequence", fails: false, takesAll: false },
  { name: "error", fails: true, takesAll: true, passing: ["expired", "skewed", "expiredCursor"] },
  { name: "skew", fails: false, takesAll: true },
  { name: "retryAfter", fails: false, takesAll: true },
  { name: "partial", fails: true, takesAll: false },
  { name: "latency", fails: false, takesAll: true },
  { name: "throttle", fails: true, takesAll: false },
  { name: "connection", fails: true, takesAll: true },
  { name: "payload", fails: true, takesAll: true },
  { name: "listing", fails: false, takesAll: false },
  { name: "phase", fails: true, takesAll: true },
];
