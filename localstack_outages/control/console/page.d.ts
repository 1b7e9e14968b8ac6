// What the page makes of the control API's answers. For the type checker alone: it is never served.

/** `counts` of the last ten seconds, `calls` of the last 15 minutes; times are milliseconds since 1970. */
interface Place {
  service: string;
  region: string;
  counts: PlaceCounts | null;
  calls: number;
  calledAt: number;
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
  kind: string;
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
  writeOn: (color: string, text: string, left: number, bottom: number) => void;
  measure: (text: string) => number;
}

/** One input of a form. */
interface Part {
  path: string;
  label: string;
  type?: "number" | "steps" | "headers" | "area";
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

/** A verdict, as the page reads it; times are milliseconds since 1970. */
interface Judged {
  key: string;
  name: string;
  service: string;
  operation: string;
  region: string;
  account: string;
  accessKey: string | null;
  invocationId: string | null;
  begin: number;
  end: number;
  totalMs: number;
  ending: string;
  attempts: number;
  maxAttempts: number | null;
  gaps: (number | null)[];
  strip: EffortAttempt[];
  flags: string[];
  client: string;
  got: string;
  ruleIds: string[];
  isGuessed: boolean;
  said: string;
}

/** The verdicts on an operation. */
interface Group {
  name: string;
  flagged: number;
  endings: Record<string, number>;
  flags: Record<string, number>;
  regions: string[];
  all: Judged[];
}

/** How clients did in all. */
interface Overview {
  calls: number;
  endings: Record<string, number>;
  flags: Record<string, number>;
  recoveryP95: number | null;
  amplification: number;
}

/** What the page is narrowed to. */
interface View {
  name: string;
  takesVerdict: (judged: Judged) => boolean;
  takesPlace: (service: string, region: string) => boolean;
  takesCall: (call: Call) => boolean;
  takesRule: (status: Status) => boolean;
}

/** A line of the list of rules: a rule, or the head of several. */
interface RuleLine {
  key: string;
  status?: Status;
  head?: string;
  count?: number;
  isOpen?: boolean;
  isThere: boolean;
  isInner?: boolean;
}
