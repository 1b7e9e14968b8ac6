/** What LocalStack says, asked once a second while the page is seen. */

import * as api from "./api.js";

const EVERY_MS = 1000;
const FULL_EVERY_MS = 60_000;
const ALL_SECONDS = 900;
/** So long is the last minute, milliseconds. */
export const MINUTE_MS = 60_000;
/** Over so long are the rates of now. */
export const RECENT_SECONDS = 10;

export const live = {
  /** @type {StatusDocument | null} */
  status: null,
  /** When that was so, in LocalStack's time. */
  statusAt: 0,
  /** @type {VerdictsDocument | null} */
  verdicts: null,
  /** @type {Map<string, Place>} those in use in the last 15 minutes */
  places: new Map(),
  /** @type {Map<number, SecondCounts>} the calls of each second that fit the filter */
  seconds: new Map(),
  /** @type {Set<string>} those that are out somewhere; the map finds out */
  servicesOut: new Set(),
  /** @type {Map<number, number>} how many calls rules failed in each second, wherever */
  failed: new Map(),
  /** @type {Record<string, string>} globs on service and region, for the seconds */
  filter: {},
  /** @type {Record<string, string>} whose calls are counted: LocalStack's services make many among themselves */
  origin: { origin: "external" },
  /** @type {number | null} since when LocalStack does not answer */
  goneSince: null,
  /** How often it was seen to be started anew. */
  restarts: 0,
  /** How far LocalStack's clock is ahead, milliseconds. */
  ahead: 0,
};

/** What answers here; a version alone is one of LocalStack. */
export const host = () => (!live.status ? "The host" : /^\d/.test(live.status.localstack) ? "LocalStack" : "The gateway");

/** @param {string | null} [id] @returns {Status | undefined} the rule, in the list or out of it */
export function find(id) {
  const is = (/** @type {Status} */ status) => status.id === id;
  return live.status?.rules.find(is) ?? live.status?.departed.find(is);
}

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let asking = Promise.resolve();
let ticks = 0;
let fullAt = 0;
let seriesAt = 0;
let seriesOf = live.filter;

/** LocalStack's time, milliseconds since 1970. */
export const now = () => Date.now() + live.ahead;

/** @param {Target} target the rules that are for just these services and regions */
export function rulesOf({ service, region }) {
  return (live.status?.rules ?? []).filter(
    ({ rule }) => (rule.service ?? "*") === service && (rule.region ?? "*") === region,
  );
}

/** @param {() => void} listener called after each answer, and when there is none */
export const onNews = (listener) => listeners.add(listener);

/** Ask at once, as after a change. */
export const refresh = () => (asking = asking.then(tick, tick));

/** @param {Record<string, string>} filter */
export function setFilter(filter) {
  live.filter = filter;
  void refresh();
}

/** @param {Record<string, string>} origin */
export function setOrigin(origin) {
  live.origin = origin;
  forget();
  void refresh();
}

/** Ask from now on. */
export function begin() {
  document.addEventListener("visibilitychange", refresh);
  void refresh();
}

async function tick() {
  clearTimeout(timer);
  try {
    await ask();
    live.goneSince = null;
  } catch (error) {
    if (!(error instanceof api.Gone)) console.error(error);
    live.goneSince ??= Date.now();
  }
  if (!document.hidden) timer = setTimeout(refresh, EVERY_MS);
  for (const listener of listeners) listener();
}

async function ask() {
  notice(await api.status());
  await askTraffic();
  if (ticks++ % 2 === 0) live.verdicts = await api.verdicts();
}

/** @param {StatusDocument} status */
function notice(status) {
  const before = live.status;
  if (before && (before.instance !== status.instance || before.revision > status.revision)) {
    live.restarts++;
    forget();
  }
  live.status = status;
  live.statusAt = now();
}

function forget() {
  live.seconds = new Map();
  live.failed = new Map();
  live.places = new Map();
  fullAt = seriesAt = ticks = 0;
}

async function askTraffic() {
  const { filter, origin } = live;
  const isFiltered = Object.keys(filter).length > 0;
  if (filter !== seriesOf) {
    live.seconds = new Map();
    seriesAt = 0;
  }
  seriesOf = filter;
  const time = Date.now();
  let full;
  if (time - fullAt > FULL_EVERY_MS) {
    const calledAt = new Map([...live.places].map(([id, place]) => [id, place.calledAt]));
    live.places = new Map();
    full = await api.traffic(ALL_SECONDS, origin);
    notePlaces(full.places);
    for (const place of live.places.values()) {
      place.calls = place.counts?.calls ?? 0;
      place.calledAt = calledAt.get(`${place.service} ${place.region}`) ?? 0;
    }
    fullAt = time;
  }
  const recent = await api.traffic(RECENT_SECONDS, origin);
  live.ahead = Date.parse(recent.until) - Date.now();
  for (const place of live.places.values()) place.counts = null;
  notePlaces(recent.places);
  for (const place of live.places.values()) if (place.counts) place.calledAt = now();
  // A gap, as after a while in the background, is filled.
  const missing = Math.min(ALL_SECONDS, Math.ceil((time - seriesAt) / 1000) + 2);
  const known = missing <= RECENT_SECONDS ? recent : full;
  const series = known && !isFiltered ? known : await api.traffic(missing, { ...origin, ...filter });
  for (const second of series.seconds) live.seconds.set(Date.parse(second.time), second);
  for (const second of [...(full?.seconds ?? []), ...recent.seconds]) live.failed.set(Date.parse(second.time), second.injected);
  const oldest = now() - ALL_SECONDS * 1000;
  for (const known of [live.seconds, live.failed]) for (const second of known.keys()) if (second < oldest) known.delete(second);
  seriesAt = time;
}

/** @param {PlaceCounts[]} places */
function notePlaces(places) {
  for (const counts of places) {
    const { service, region, lastInjected, recoveredAt } = counts;
    const id = `${service} ${region}`;
    const place = live.places.get(id) ?? { service, region, counts, calls: counts.calls, calledAt: 0, lastInjected: null, recoveredAt: null };
    place.counts = counts;
    if (lastInjected) {
      place.lastInjected = Date.parse(lastInjected);
      place.recoveredAt = recoveredAt ? Date.parse(recoveredAt) : null;
    } else if (place.lastInjected && !place.recoveredAt && counts.ok) {
      place.recoveredAt = now(); // longer after the last fault than these counts go back
    }
    live.places.set(id, place);
  }
}
