/** The faults that a click or a sentence can start, by the names that they are offered by. */

/** @type {Record<string, Rule>} */
export const PRESETS = {
  outage: {},
  throttling: { error: "throttling" },
  "internal errors": { error: "internal" },
  "errors in half of the calls": { error: "unavailable", probability: 0.5 },
  "2 s slower": { latency: 2000 },
  "connection resets": { connection: "reset" },
  "no answer": { connection: "hang" },
};

/** What an empty page offers to try. @type {Record<string, Rule[]>} */
export const STORIES = {
  "S3 throttles": [{ service: "s3", error: "throttling", probability: 0.5, duration: 300 }],
  "A region dies": [{ region: "us-east-1", duration: 300 }],
  "Slow database": [{ service: "dynamodb", latency: { p50: 800, p95: 3000, p99: 8000 }, duration: 300 }],
  "Brown-out": [{ error: "unavailable", probability: 0.1, duration: 300 }, { latency: { min: 200, max: 2000 }, probability: 0.5, duration: 300 }],
};
