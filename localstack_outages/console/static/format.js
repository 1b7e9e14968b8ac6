/** Says figures, times and rules in few words. */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** @param {number | string | Date} time */
export const clock = (time) => CLOCK.format(new Date(time));

/** @param {number | null} value milliseconds */
export function ms(value) {
  if (value === null) return "–";
  if (value >= 10000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(1)} ms`;
}

/** @param {number} value */
export function seconds(value) {
  if (value < 60) return `${Math.ceil(value)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes}:${String(Math.floor(value % 60)).padStart(2, "0")} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

/** @param {number} count @param {string} noun */
export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** @param {number} value a rate */
export const rate = (value) => `${value < 10 && value % 1 ? value.toFixed(1) : Math.round(value)}/s`;

/** @param {Rule} rule */
export function where({ service = "*", region = "*", operation = "*" }) {
  const what = service === "*" ? "all services" : service;
  const call = operation === "*" ? what : `${what}.${operation}`;
  return `${call} · ${region === "*" ? "all regions" : region}`;
}

/**
 * Say how calls fail by a rule.
 * @param {Rule} rule
 */
export function how(rule) {
  const { error, latency, throttle, connection, sequence } = rule;
  const parts = [];
  if (sequence) parts.push(`${sequence.length} outcomes in turn`);
  if (throttle) parts.push(`at most ${throttle.rate}/s${throttle.by ? ` per ${throttle.by}` : ""}`);
  if (latency) parts.push(`${delay(latency)} slower`);
  if (error) parts.push(typeof error === "string" ? error : `${error.statusCode ?? 503} ${error.code ?? "outage"}`);
  if (connection) parts.push(`connection: ${connection}`);
  return [parts.join(", ") || "outage", ...limits(rule)].join(" · ");
}

/** @param {any} latency */
function delay(latency) {
  if (typeof latency === "number") return ms(latency);
  if ("from" in latency) return `${ms(latency.from)} → ${ms(latency.to)}`;
  if ("p50" in latency) return `p50 ${ms(latency.p50)}`;
  return `${ms(latency.min)} – ${ms(latency.max)}`;
}

/** @param {Rule} rule */
function limits({ probability, times, flap, condition, account, origin }) {
  const parts = [];
  if (typeof probability === "number" && probability !== 1) parts.push(`${percent(probability)} of calls`);
  if (typeof probability === "object") parts.push(`${percent(probability.from)} → ${percent(probability.to)} of calls`);
  if (times) parts.push(times === 1 ? "once" : `${times} times`);
  if (flap) parts.push(`${flap.down} s down, ${flap.up} s up`);
  if (condition) parts.push(`if ${condition}`);
  if (account && account !== "*") parts.push(`account ${account}`);
  if (origin && origin !== "any") parts.push(`${origin} calls`);
  return parts;
}

/** @param {number} share */
export const percent = (share) => `${+(share * 100).toPrecision(2)} %`;

export const isThere = (/** @type {Status} */ status) => "startsIn" in status;

/** @param {Status} status */
export function stateOf(status) {
  if (!("startsIn" in status)) return status.state;
  if (status.state === "waiting") return `in ${seconds(status.startsIn)}`;
  return status.inForce ? "in force" : "off now";
}

/** @param {Status} status */
export function figures(status) {
  const parts = [plural(status.hits, "hit")];
  if (!("startsIn" in status)) return [...parts, `${seconds(status.secondsAgo)} ago`].join(" · ");
  if (status.hitsLeft !== null) parts.push(`${status.hitsLeft} left`);
  if (status.timeLeft !== null && status.state !== "waiting") parts.push(`${seconds(Math.max(0, status.timeLeft))} left`);
  return parts.join(" · ");
}
