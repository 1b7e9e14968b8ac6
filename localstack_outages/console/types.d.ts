// What the control API answers; answers.py has the meaning and the unit of each field. For the type
// checker alone: it is never served.

type Rule = Record<string, any>;

interface WarningStatus {
  code: string;
  message: string;
  field: string;
}

interface RuleStatus {
  id: string;
  rule: Rule;
  state: "waiting" | "active" | "spent" | "ended";
  inForce: boolean;
  hits: number;
  hitsLeft: number | null;
  startsIn: number;
  startedAgo: number | null;
  timeLeft: number | null;
  warnings: WarningStatus[];
}

interface DepartedStatus {
  id: string;
  rule: Rule;
  state: "spent" | "ended" | "deleted";
  hits: number;
  startedAgo: number | null;
  secondsAgo: number;
}

interface StatusDocument {
  instance?: string;
  version: string;
  localstack: string;
  ready: boolean;
  revision: number;
  latencyMs: number;
  rules: RuleStatus[];
  departed: DepartedStatus[];
}

interface Counts {
  calls: number;
  ok: number;
  injected: number;
  clientError: number;
  serverError: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

interface PlaceCounts extends Counts {
  service: string;
  region: string;
  lastInjected: string | null;
  recoveredAt: string | null;
}

interface SecondCounts extends Counts {
  time: string;
}

interface TrafficDocument {
  from: string;
  until: string;
  total: Counts;
  places: PlaceCounts[];
  seconds: SecondCounts[];
}

interface Call {
  sequence: number;
  time: string;
  offsetMs: number;
  durationMs: number;
  service: string;
  operation: string;
  region: string;
  account: string;
  origin: "external" | "internal";
  accessKey: string | null;
  requestId: string | null;
  outcome: "ok" | "injected" | "clientError" | "serverError";
  statusCode: number | null;
  errorCode: string | null;
  ruleId: string | null;
  rulePosition: number | null;
  injected: Injected;
  client: Attempt;
}

interface Injected {
  error: { code: string; statusCode: number } | null;
  delayMs: number;
  connection: string | null;
}

interface Client {
  name: string | null;
  version: string | null;
  retryMode: string | null;
}

interface Attempt extends Client {
  invocationId: string | null;
  attempt: number | null;
  maxAttempts: number | null;
}

interface Verdict {
  time: string;
  service: string;
  operation: string;
  region: string;
  account: string;
  origin: string;
  accessKey: string | null;
  client: Client;
  invocationId: string | null;
  grouping: string;
  attempts: number;
  maxAttempts: number | null;
  gapsMs: (number | null)[];
  ending: "succeeded" | "recovered" | "failed" | "open";
  totalMs: number;
  lastStatusCode: number | null;
  lastErrorCode: string | null;
  ruleIds: string[];
  flags: string[];
}

interface VerdictSummary {
  calls: number;
  guessed: number;
  endings: Record<string, number>;
  flags: Record<string, number>;
  attempts: Record<string, number>;
  recoveryMs: Record<string, number | null>;
  forgotten: number;
}

interface VerdictsDocument {
  summary: VerdictSummary;
  verdicts: Verdict[];
}

interface NamesDocument {
  services: string[];
  regions: string[];
  operations?: string[];
}

interface ErrorPlace {
  message: string;
  path: string;
}

// What the page makes of it.

/** `counts` of the last ten seconds; times are milliseconds since 1970. */
interface Place {
  service: string;
  region: string;
  counts: PlaceCounts | null;
  lastInjected: number | null;
  recoveredAt: number | null;
}

/** How a service does in a region; `rules` are those in force there, up to one that takes all calls. */
interface Health {
  state: "up" | "degraded" | "out" | "recovering";
  rules: RuleStatus[];
  why: string;
}

/** Where an outage is started or ended; `*` stands for all. */
interface Target {
  service: string;
  region: string;
}

type Status = RuleStatus | DepartedStatus;

/** A bar of the timeline: calls a second, latencies in milliseconds. */
interface Point {
  time: number;
  ok: number;
  injected: number;
  clientError: number;
  serverError: number;
  calls: number;
  p50: number | null;
  p95: number | null;
}

/** The window of an outage, milliseconds since 1970. */
interface Span {
  label: string;
  from: number;
  until: number;
  isOver: boolean;
}

/** What the parts of the timeline are drawn with; `x` gives the place of a time. */
interface Drawing {
  paint: CanvasRenderingContext2D;
  width: number;
  height: number;
  line: number;
  x: (time: number) => number;
  color: (name: string) => string;
  box: (color: string, left: number, top: number, width: number, height: number) => void;
  write: (color: string, text: string, left: number, bottom: number) => void;
  measure: (text: string) => number;
}

/** One input of a form. */
interface Part {
  path: string;
  label: string;
  type?: "number" | "steps" | "area";
  options?: string[];
  list?: string;
  hint?: string;
}

/** One of the forms that a field can have; `keys` are those of an object. */
interface Shape {
  name: string;
  parts: Part[];
  keys?: string[];
}

interface Field {
  path: string;
  label: string;
  hint?: string;
  shapes: Shape[];
}
