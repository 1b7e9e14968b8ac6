/** Written by 'make generate' from the schema. Do not edit. */

/** The fields of a rule, as a form asks for them: each has shapes, each shape has parts. */
/** @type {{title: string, fields: Field[]}[]} */
export const GROUPS = [
  { title: "Which calls", fields: [
    { path: "service", label: "Service", hint: "empty: all; * and ? are wildcards", shapes: [
      { name: "", parts: [{ path: "service", label: "Service", list: "services" }] },
    ] },
    { path: "region", label: "Region", hint: "that the client signed for", shapes: [
      { name: "", parts: [{ path: "region", label: "Region", list: "regions" }] },
    ] },
    { path: "operation", label: "Operation", hint: "PutItem, Get*", shapes: [
      { name: "", parts: [{ path: "operation", label: "Operation", list: "operations" }] },
    ] },
  ] },
  { title: "How they fail", fields: [
    { path: "error", label: "Error", hint: "without any fault: 503, the service is out", shapes: [
      { name: "–", parts: [] },
      { name: "as AWS answers", parts: [{ path: "error", label: "as AWS answers", options: ["unavailable", "throttling", "internal", "timeout", "denied", "invalidCredentials", "expired", "skewed", "conflict", "notFound", "expiredCursor"] }] },
      { name: "in full", keys: ["statusCode", "code", "message"], parts: [{ path: "error.statusCode", label: "statusCode", type: "number" }, { path: "error.code", label: "code" }, { path: "error.message", label: "message" }] },
    ] },
    { path: "skew", label: "Skew, s", hint: "of AWS's clock, for the error skewed", shapes: [
      { name: "", parts: [{ path: "skew", label: "Skew, s", type: "number" }] },
    ] },
    { path: "retryAfter", label: "Retry after, s", hint: "what the error asks of the client", shapes: [
      { name: "", parts: [{ path: "retryAfter", label: "Retry after, s", type: "number" }] },
    ] },
    { path: "partial", label: "Partial", hint: "entries of a batch; the others are carried out", shapes: [
      { name: "–", parts: [] },
      { name: "first", keys: ["count"], parts: [{ path: "partial.count", label: "count", type: "number" }] },
      { name: "share", keys: ["share"], parts: [{ path: "partial.share", label: "share", type: "number" }] },
      { name: "places", keys: ["indexes"], parts: [{ path: "partial.indexes", label: "indexes", type: "steps" }] },
    ] },
    { path: "latency", label: "Latency, ms", shapes: [
      { name: "–", parts: [] },
      { name: "fixed", parts: [{ path: "latency", label: "fixed", type: "number" }] },
      { name: "range", keys: ["min", "max"], parts: [{ path: "latency.min", label: "min", type: "number" }, { path: "latency.max", label: "max", type: "number" }] },
      { name: "percentiles", keys: ["p50", "p95", "p99", "max"], parts: [{ path: "latency.p50", label: "p50", type: "number" }, { path: "latency.p95", label: "p95", type: "number" }, { path: "latency.p99", label: "p99", type: "number" }, { path: "latency.max", label: "max", type: "number" }] },
      { name: "ramp", keys: ["from", "to"], parts: [{ path: "latency.from", label: "from", type: "number" }, { path: "latency.to", label: "to", type: "number" }] },
    ] },
    { path: "throttle", label: "Throttle", hint: "calls a second; over it they are refused", shapes: [
      { name: "–", parts: [] },
      { name: "over a rate", keys: ["rate", "burst", "by"], parts: [{ path: "throttle.rate", label: "rate", type: "number" }, { path: "throttle.burst", label: "burst", type: "number" }, { path: "throttle.by", label: "by", options: ["", "account", "region", "service", "operation"] }] },
      { name: "over a capacity", keys: ["capacity", "burst"], parts: [{ path: "throttle.capacity", label: "capacity", type: "number" }, { path: "throttle.burst", label: "burst", type: "number" }] },
    ] },
    { path: "connection", label: "Connection", shapes: [
      { name: "", parts: [{ path: "connection", label: "Connection", options: ["", "reset", "close", "hang", "truncate"] }] },
    ] },
    { path: "payload", label: "Payload", hint: "bytes; bytes a second", shapes: [
      { name: "–", parts: [] },
      { name: "of the answer", keys: ["truncate", "corrupt", "bandwidth"], parts: [{ path: "payload.truncate", label: "truncate", type: "number" }, { path: "payload.corrupt", label: "corrupt", type: "number" }, { path: "payload.bandwidth", label: "bandwidth", type: "number" }] },
    ] },
    { path: "listing", label: "Listing", hint: "pages, each with a token", shapes: [
      { name: "", parts: [{ path: "listing", label: "Listing", options: ["", "empty", "short"] }] },
    ] },
    { path: "phase", label: "Phase", hint: "after: done, but not told", shapes: [
      { name: "", parts: [{ path: "phase", label: "Phase", options: ["", "before", "after"] }] },
    ] },
  ] },
  { title: "When and how often", fields: [
    { path: "duration", label: "Duration, s", hint: "empty: until it is ended", shapes: [
      { name: "", parts: [{ path: "duration", label: "Duration, s", type: "number" }] },
    ] },
    { path: "after", label: "Starts after, s", shapes: [
      { name: "", parts: [{ path: "after", label: "Starts after, s", type: "number" }] },
    ] },
    { path: "times", label: "Times", hint: "then it is spent", shapes: [
      { name: "", parts: [{ path: "times", label: "Times", type: "number" }] },
    ] },
    { path: "probability", label: "Share of calls, 0–1", shapes: [
      { name: "fixed", parts: [{ path: "probability", label: "fixed", type: "number" }] },
      { name: "ramp", keys: ["from", "to"], parts: [{ path: "probability.from", label: "from", type: "number" }, { path: "probability.to", label: "to", type: "number" }] },
    ] },
  ] },
  { title: "More", fields: [
    { path: "sequence", label: "Sequence", hint: "an outcome a line: pass, throttling, or JSON", shapes: [
      { name: "", parts: [{ path: "sequence", label: "Sequence", type: "steps" }] },
    ] },
    { path: "flap", label: "Flap, s", shapes: [
      { name: "–", parts: [] },
      { name: "down and up", keys: ["down", "up"], parts: [{ path: "flap.down", label: "down", type: "number" }, { path: "flap.up", label: "up", type: "number" }] },
    ] },
    { path: "condition", label: "Condition", hint: "JMESPath: Bucket == 'invoices'", shapes: [
      { name: "", parts: [{ path: "condition", label: "Condition" }] },
    ] },
    { path: "page", label: "Page", hint: "only this page of each listing", shapes: [
      { name: "", parts: [{ path: "page", label: "Page", type: "number" }] },
    ] },
    { path: "call", label: "Call", hint: "only this logical call, all attempts", shapes: [
      { name: "", parts: [{ path: "call", label: "Call", type: "number" }] },
    ] },
    { path: "account", label: "Account", hint: "12 digits", shapes: [
      { name: "", parts: [{ path: "account", label: "Account" }] },
    ] },
    { path: "principal", label: "Principal", hint: "arn:aws:iam::*:role/payments", shapes: [
      { name: "", parts: [{ path: "principal", label: "Principal" }] },
    ] },
    { path: "header", label: "Headers", hint: "x-test-id: run-7, one a line", shapes: [
      { name: "", parts: [{ path: "header", label: "Headers", type: "headers" }] },
    ] },
    { path: "origin", label: "Origin", shapes: [
      { name: "", parts: [{ path: "origin", label: "Origin", options: ["", "external", "internal", "any"] }] },
    ] },
    { path: "seed", label: "Seed", hint: "the same draws each time", shapes: [
      { name: "", parts: [{ path: "seed", label: "Seed", type: "number" }] },
    ] },
    { path: "description", label: "Description", shapes: [
      { name: "", parts: [{ path: "description", label: "Description", type: "area" }] },
    ] },
  ] },
];
