import type { components, operations } from "./api.js";

type Schemas = components["schemas"];

/**
 * Which calls fail, how, when and how often. Every field is optional; a rule that names no fault is an
 * outage: HTTP 503, `ServiceUnavailableException`.
 *
 * @example
 * { service: "dynamodb", operation: "Get*", error: "throttling", times: 2 }
 */
export type Rule = Schemas["Rule"];

/** A scenario, as `GET /outages/scenarios/{name}` gives it. */
export type Scenario = NonNullable<Schemas["ScenarioRequest"]["scenario"]>;

/** A finished call. */
export type Event = Schemas["Event"];
/** A page of calls. */
export type Events = Schemas["EventsDocument"];
/** What the rules of one owner did, counted as it happened. */
export type Evidence = Schemas["EvidenceDocument"];
/** How the rules are doing. */
export type Status = Schemas["StatusDocument"];
/** What an application made of the faults that it met in getting one thing done. */
export type Verdict = Schemas["Verdict"];
/** How applications dealt with the faults. */
export type Verdicts = Schemas["VerdictsDocument"];

export type { components, operations };
