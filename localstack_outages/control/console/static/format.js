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

/** @param {Status} status what its rule does, when, and how often */
export const how = ({ words }) => [words.how, words.when].filter(Boolean).join(", ");

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
