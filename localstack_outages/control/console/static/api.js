/** Talks to the control API. Addresses are relative to the page, at its root. */

/** The control API does not answer. */
export class Gone extends Error {}

/** The control API refuses a request. */
export class Refused extends Error {
  /** @param {{message: string, path?: string, others?: ErrorPlace[]}} error @param {number} status */
  constructor(error, status) {
    super(error.message);
    this.status = status;
    /** The faults, each with the place where it is. */
    this.faults = [{ message: error.message, path: error.path ?? "" }, ...(error.others ?? [])];
  }
}

const TIMEOUT_MS = 8000;

// A whole number that JavaScript cannot hold, such as a great seed, stays as it was written.
/** @param {string} _ @param {any} value @param {any} [context] */
function exact(_, value, context) {
  const isLost = Number.isInteger(value) && !Number.isSafeInteger(value);
  const raw = /** @type {any} */ (JSON).rawJSON;
  return isLost && raw && /^-?\d+$/.test(context?.source) ? raw(context.source) : value;
}

/** @param {string} text @returns {any} */
export const parse = (text) => JSON.parse(text, exact);

/** @param {string} path @param {string} [method] @param {any} [body] @param {Record<string, string>} [headers] @returns {Promise<any>} */
export async function ask(path, method = "GET", body, headers) {
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new Gone(String(error));
  }
  if (response.ok) return parse(text);
  if (response.status >= 500) throw new Gone(`HTTP ${response.status}`);
  throw new Refused(text ? JSON.parse(text).error : { message: `HTTP ${response.status}` }, response.status);
}

/** @returns {Promise<StatusDocument>} */
export const status = () => ask("outages/status");

/** @param {number} seconds @param {Record<string, string>} filter @returns {Promise<TrafficDocument>} */
export const traffic = (seconds, filter) =>
  ask(`outages/traffic?${new URLSearchParams({ seconds: String(seconds), ...filter })}`);

/** @returns {Promise<VerdictsDocument>} */
export const verdicts = () => ask("outages/verdicts?limit=200");

/** @param {string} name events or calls @param {Record<string, string>} filter @returns {Promise<Call[]>} the newest */
export const journal = (name, filter) =>
  ask(`outages/${name}?${new URLSearchParams({ limit: "1000", ...filter })}`).then(({ events }) => events);

/** @returns {EventSource} the calls that rules touch, as they come */
export const stream = () => new EventSource("outages/events");
