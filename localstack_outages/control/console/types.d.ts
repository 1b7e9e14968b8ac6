// Written by 'make generate' from the schema. Do not edit.

// What the control API answers; schema/*documents.py have the meaning and the unit of each
// field. For the type checker alone: it is never served.

type Rule = Record<string, any>;

interface WarningStatus {
  code: string;
  message: string;
  field: string;
}

interface Words {
  what: string;
  how: string;
  when: string;
}

interface RuleStatus {
  id: string;
  owner: string | null;
  rule: Record<string, any>;
  words: Words;
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
  owner: string | null;
  rule: Record<string, any>;
  words: Words;
  state: "spent" | "ended" | "deleted";
  hits: number;
  startedAgo: number | null;
  secondsAgo: number;
}

interface FleetEvidence {
  sent: number;
  waiting: number;
  lost: number;
  received: number;
  missed: number;
  unreadable: number;
}

interface FleetStatus {
  replica: string;
  replicas: number;
  redis: "connected" | "gone";
  goneSince: string | null;
  without: "closed" | "open";
  evidence: FleetEvidence;
}

interface StatusDocument {
  version: string;
  localstack: string;
  instance: string;
  ready: boolean;
  revision: number;
  latencyMs: number;
  rules: RuleStatus[];
  departed: DepartedStatus[];
  fleet: FleetStatus | null;
}

interface ErrorPlace {
  message: string;
  path: string;
}

interface ErrorBody {
  code?: string;
  message?: string;
  path?: string;
  others?: ErrorPlace[];
}

interface ErrorDocument {
  error: ErrorBody;
}

interface InjectedError {
  code: string;
  statusCode: number;
}

interface FailedEntries {
  failed: number;
  of: number;
}

interface Injected {
  error: InjectedError | null;
  delayMs: number;
  connection: "reset" | "close" | "hang" | "truncate" | null;
  done: boolean;
  payload?: "truncate" | "corrupt" | "bandwidth";
  listing?: "empty" | "short";
  partial?: FailedEntries;
}

interface Client {
  name: string | null;
  version: string | null;
  retryMode: string | null;
}

interface Attempt {
  name: string | null;
  version: string | null;
  retryMode: string | null;
  invocationId: string | null;
  attempt: number | null;
  maxAttempts: number | null;
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
  principal: string | null;
  requestId: string | null;
  outcome: "ok" | "injected" | "clientError" | "serverError";
  statusCode: number | null;
  errorCode: string | null;
  ruleId: string | null;
  rulePosition: number | null;
  owner: string | null;
  injected: Injected;
  client: Attempt;
}

interface EventsDocument {
  events: Call[];
  next: number;
  missed: number;
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

interface PlaceCounts {
  calls: number;
  ok: number;
  injected: number;
  clientError: number;
  serverError: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  service: string;
  region: string;
  lastInjected: string | null;
  recoveredAt: string | null;
}

interface SecondCounts {
  calls: number;
  ok: number;
  injected: number;
  clientError: number;
  serverError: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  time: string;
}

interface TrafficDocument {
  from: string;
  until: string;
  total: Counts;
  places: PlaceCounts[];
  seconds: SecondCounts[];
}

interface NamesDocument {
  services: string[];
  regions: string[];
  operations?: string[];
}

interface Recovery {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

interface EntryCounts {
  entriesFailed: number;
  entriesRecovered: number;
  entriesLost: number;
}

interface CallFigures {
  entriesFailed: number;
  entriesRecovered: number;
  entriesLost: number;
  calls: number;
  guessed: number;
  endings: Record<"succeeded" | "recovered" | "failed" | "open", number>;
  flags: Record<"neverRetried" | "noBackoff" | "retryStorm" | "amplified" | "gaveUpEarly" | "stoppedBelowMax" | "quotaUsedUp" | "retriedNonRetryable" | "failedAfterRetry" | "carriedOutTwice" | "halfAnswerTaken" | "entriesLost", number>;
  attempts: Record<string, number>;
  tries: Record<string, number>;
}

interface VerdictSummary {
  entriesFailed: number;
  entriesRecovered: number;
  entriesLost: number;
  calls: number;
  guessed: number;
  endings: Record<"succeeded" | "recovered" | "failed" | "open", number>;
  flags: Record<"neverRetried" | "noBackoff" | "retryStorm" | "amplified" | "gaveUpEarly" | "stoppedBelowMax" | "quotaUsedUp" | "retriedNonRetryable" | "failedAfterRetry" | "carriedOutTwice" | "halfAnswerTaken" | "entriesLost", number>;
  attempts: Record<string, number>;
  tries: Record<string, number>;
  recoveryMs: Recovery;
  forgotten: number;
}

interface EffortAttempt {
  time: string;
  atMs: number;
  durationMs: number;
  newTry: boolean;
  outcome: "ok" | "injected" | "clientError" | "serverError";
  statusCode: number | null;
  errorCode: string | null;
  connection: "reset" | "close" | "hang" | "truncate" | null;
  payload: "truncate" | "corrupt" | "bandwidth" | null;
  delayMs: number;
  ruleId: string | null;
}

interface Verdict {
  entriesFailed: number;
  entriesRecovered: number;
  entriesLost: number;
  time: string;
  service: string;
  operation: string;
  region: string;
  account: string;
  origin: "external" | "internal";
  accessKey: string | null;
  client: Client;
  invocationId: string | null;
  grouping: "invocationId" | "aim" | "guessed";
  attempts: number;
  tries: number;
  mostAttemptsPerTry: number;
  maxAttempts: number | null;
  gapsMs: (number | null)[];
  tryGapsMs: (number | null)[];
  ending: "succeeded" | "recovered" | "failed" | "open";
  totalMs: number;
  lastStatusCode: number | null;
  lastErrorCode: string | null;
  done: boolean;
  partial?: FailedEntries;
  ruleIds: string[];
  owners: string[];
  flags: ("neverRetried" | "noBackoff" | "retryStorm" | "amplified" | "gaveUpEarly" | "stoppedBelowMax" | "quotaUsedUp" | "retriedNonRetryable" | "failedAfterRetry" | "carriedOutTwice" | "halfAnswerTaken" | "entriesLost")[];
  strip: EffortAttempt[];
}

interface Advice {
  flag: "neverRetried" | "noBackoff" | "retryStorm" | "amplified" | "gaveUpEarly" | "stoppedBelowMax" | "quotaUsedUp" | "retriedNonRetryable" | "failedAfterRetry" | "carriedOutTwice" | "halfAnswerTaken" | "entriesLost";
  efforts: number;
  text: string;
  boto3: string | null;
  javascript: string | null;
  java: string | null;
}

interface VerdictsDocument {
  summary: VerdictSummary;
  verdicts: Verdict[];
  advice: Advice[];
}

interface Mark {
  name: string;
  time: string;
}

interface MarksDocument {
  marks: Mark[];
}

interface RuleEvidence {
  id: string;
  rule: Record<string, any>;
  state: "waiting" | "active" | "spent" | "ended" | "spent" | "ended" | "deleted";
  hits: number;
}

interface CallsEvidence {
  entriesFailed: number;
  entriesRecovered: number;
  entriesLost: number;
  calls: number;
  guessed: number;
  endings: Record<"succeeded" | "recovered" | "failed" | "open", number>;
  flags: Record<"neverRetried" | "noBackoff" | "retryStorm" | "amplified" | "gaveUpEarly" | "stoppedBelowMax" | "quotaUsedUp" | "retriedNonRetryable" | "failedAfterRetry" | "carriedOutTwice" | "halfAnswerTaken" | "entriesLost", number>;
  attempts: Record<string, number>;
  tries: Record<string, number>;
  fewestAttempts: Verdict[];
  noBackoff: Verdict[];
  carriedOutTwice: Verdict[];
}

interface PlaceEvidence {
  service: string;
  operation: string;
  region: string;
  account: string;
  failures: number;
  lastFailedAt: string;
  lastFailedAgo: number;
  recoveredAfter: number | null;
}

interface EntriesEvidence {
  service: string;
  operation: string;
  region: string;
  account: string;
  failed: number;
  recovered: number;
  longestRecovery: number | null;
  missingFor: number | null;
}

interface BoundReached {
  bound: "calls" | "places" | "entries" | "rules";
  limit: number;
  lost: number;
  message: string;
}

interface EvidenceDocument {
  owner: string;
  instance: string;
  complete: boolean;
  reached: BoundReached[];
  hits: number;
  rules: RuleEvidence[];
  calls: CallsEvidence;
  places: PlaceEvidence[];
  entries: EntriesEvidence[];
}

interface LoadFigures {
  calls: number;
  attempts: number;
  good: number;
  inFlight: number;
  amplification: number | null;
}

interface LoadSecond {
  calls: number;
  attempts: number;
  good: number;
  inFlight: number;
  amplification: number | null;
  time: string;
}

interface ServiceLoad {
  service: string;
  seconds: LoadSecond[];
}

interface PhaseMark {
  scenario: string;
  owner: string;
  phase: string;
  from: string;
  until: string;
}

interface LoadDocument {
  from: string;
  until: string;
  seconds: LoadSecond[];
  services: ServiceLoad[];
  phases: PhaseMark[];
}

interface ReportPhase {
  name: string;
  text: string;
  start: number;
  end: number;
  isTrigger: boolean;
  calls: number;
  attempts: number;
  good: number;
}

interface ReportSecond {
  calls: number;
  attempts: number;
  good: number;
  inFlight: number;
  amplification: number | null;
  at: number;
}

interface ScenarioReport {
  scenario: string;
  title: string;
  owner: string;
  phase: string | null;
  speed: number;
  startedAt: string;
  isOver: boolean;
  complete: boolean;
  triggerSeconds: number;
  secondsSince: number;
  goodputBefore: number | null;
  lowestGoodput: number | null;
  goodput: number | null;
  firstGood: number | null;
  recovery: number | null;
  amplification: number | null;
  metastable: boolean | null;
  lost: number | null;
  open: number | null;
  flags: Record<string, number>;
  phases: ReportPhase[];
  seconds: ReportSecond[];
}

interface PhaseOutline {
  name: string;
  at: number;
  length: number;
  text: string;
  services: string[];
}

interface ScenarioOutline {
  name: string;
  title: string;
  summary: string | null;
  began: string | null;
  length: number;
  phases: PhaseOutline[];
}

interface PhaseStatus {
  name: string;
  text: string;
  at: number;
  length: number;
  state: "waiting" | "active" | "ended";
  startsIn: number;
  timeLeft: number;
}

interface ScenarioStatus {
  name: string;
  title: string;
  owner: string;
  speed: number;
  phase: string | null;
  startedAgo: number;
  timeLeft: number;
  rules: number;
  phases: PhaseStatus[];
}

interface ScenariosDocument {
  scenarios: ScenarioOutline[];
  running: ScenarioStatus[];
}

interface ScenarioDocument {
  scenario: Record<string, any>;
  rules: Record<string, any>[];
}
