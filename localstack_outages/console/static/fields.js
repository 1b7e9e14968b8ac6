/** The fields of a rule, as a form asks for them: each has shapes, each shape has parts. */

const WORDS = ["unavailable", "throttling", "internal"];

/**
 * A field with one shape.
 * @param {string} path
 * @param {string} label
 * @param {Partial<Part>} [part]
 * @returns {Field}
 */
const one = (path, label, part = {}) => ({ path, label, hint: part.hint, shapes: [{ name: "", parts: [{ path, label, ...part }] }] });

/**
 * A shape that is an object of numbers, or of what `more` says.
 * @param {string} name
 * @param {string} path
 * @param {string} keys
 * @param {Record<string, Partial<Part>>} [more]
 * @returns {Shape}
 */
const object = (name, path, keys, more = {}) => ({
  name,
  keys: keys.split(" "),
  parts: keys.split(" ").map((key) => ({ path: `${path}.${key}`, label: key, type: "number", ...more[key] })),
});

/** @param {string} path @param {string} name @param {Partial<Part>} part @returns {Shape} */
const scalar = (path, name, part) => ({ name, parts: [{ path, label: name, ...part }] });

const NONE = { name: "–", parts: [] };
const TEXT = { type: undefined };

/** @type {{title: string, isOpen: boolean, fields: Field[]}[]} */
export const GROUPS = [
  {
    title: "Which calls",
    isOpen: true,
    fields: [
      one("service", "Service", { list: "services", hint: "empty: all; * and ? are wildcards" }),
      one("region", "Region", { list: "regions", hint: "that the client signed for" }),
      one("operation", "Operation", { list: "operations", hint: "PutItem, Get*" }),
    ],
  },
  {
    title: "How they fail",
    isOpen: true,
    fields: [
      {
        path: "error", label: "Error", hint: "without any fault: 503, the service is out",
        shapes: [NONE, scalar("error", "as AWS answers", { options: WORDS }), object("in full", "error", "statusCode code message", { code: TEXT, message: TEXT })],
      },
      {
        path: "latency", label: "Latency, ms",
        shapes: [NONE, scalar("latency", "fixed", { type: "number" }), object("range", "latency", "min max"), object("percentiles", "latency", "p50 p95 p99 max"), object("ramp", "latency", "from to")],
      },
      { path: "connection", label: "Connection", shapes: [scalar("connection", "", { options: ["", "reset", "close", "hang", "truncate"] })] },
      {
        path: "throttle", label: "Throttle", hint: "calls a second; over it they are refused",
        shapes: [NONE, object("over a rate", "throttle", "rate burst by", { by: { type: undefined, options: ["", "account", "region", "service", "operation"] } })],
      },
    ],
  },
  {
    title: "When and how often",
    isOpen: true,
    fields: [
      one("duration", "Duration, s", { type: "number", hint: "empty: until it is ended" }),
      one("after", "Starts after, s", { type: "number" }),
      one("times", "Times", { type: "number", hint: "then it is spent" }),
      { path: "probability", label: "Share of calls, 0–1", shapes: [scalar("probability", "fixed", { type: "number" }), object("ramp", "probability", "from to")] },
    ],
  },
  {
    title: "More",
    isOpen: false,
    fields: [
      one("sequence", "Sequence", { type: "steps", hint: "an outcome a line: pass, throttling, or JSON" }),
      { path: "flap", label: "Flap, s", shapes: [NONE, object("down and up", "flap", "down up")] },
      one("condition", "Condition", { hint: "JMESPath: Bucket == 'invoices'" }),
      one("account", "Account", { hint: "12 digits" }),
      one("origin", "Origin", { options: ["", "external", "internal", "any"] }),
      one("seed", "Seed", { type: "number", hint: "the same draws each time" }),
      one("description", "Description", { type: "area" }),
    ],
  },
];

/** @param {Field} field @param {any} value of the field in a rule @returns {number} which shape the value has */
export function shapeOf({ shapes }, value) {
  if (value === undefined) return 0;
  const isObject = typeof value === "object" && !Array.isArray(value) && !isRaw(value);
  const fits = shapes.map(({ keys, parts }) => {
    if (!keys) return parts.length && !isObject ? 1 : 0;
    return isObject ? 1 + Object.keys(value).filter((key) => keys.includes(key)).length : 0;
  });
  return fits.indexOf(Math.max(...fits));
}

/** @param {any} value a whole number that JavaScript cannot hold, see api.js */
const isRaw = (value) => Boolean(/** @type {any} */ (JSON).isRawJSON?.(value));

/** @param {Part} part @param {any} value @returns {string} what stands in its input */
export function written({ type }, value) {
  if (value === undefined || value === null) return "";
  if (type === "steps") return value.map((/** @type {any} */ step) => (typeof step === "string" ? step : JSON.stringify(step))).join("\n");
  return isRaw(value) ? value.rawJSON : String(value);
}

/**
 * @param {Part} part
 * @param {string} text what stands in its input
 * @returns {any} what the rule says; what is not valid is left for the server to refuse
 */
export function read({ type }, text) {
  const raw = /** @type {any} */ (JSON).rawJSON;
  if (type === "number") {
    if (/^-?\d{16,}$/.test(text) && raw) return raw(text);
    return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
  }
  if (type !== "steps") return text;
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    try {
      return line.trim().startsWith("{") ? JSON.parse(line) : line.trim();
    } catch {
      return line;
    }
  });
}
