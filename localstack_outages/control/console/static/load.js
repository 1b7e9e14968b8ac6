/** The load on the timeline, in place of the outcomes: calls, retries, good answers, amplification. */

import { ask } from "./api.js";
import { byId, h, setText } from "./dom.js";
import { clock, percent, plural, rate } from "./format.js";
import { live, now, onNews } from "./live.js";

const KEPT_SECONDS = 900;
/** So far back the newest figures are asked for again, since a slow call counts in the second in which it came. */
const RECENT_SECONDS = 15;
/** Now and then it is further, for the very slow ones. */
const LATE_SECONDS = 120;
const LATE_EVERY = 15;
const MAX_SERVICES = 8;
/** A time of one moment differs by less than this, milliseconds. */
const SAME_MS = 500;

/** @typedef {{calls: number, attempts: number, good: number}} Figures */
/** @typedef {Figures & {time: number}} LoadPoint of the timeline: a second each */

/** @type {Map<number, Figures>} by second */
let all = new Map();
/** @type {Map<string, Map<number, Figures>>} by service and second */
let services = new Map();
/** @type {Span[]} those of runs of scenarios */
let phases = [];
/** From when on the seconds are known, milliseconds since 1970. */
let since = Infinity;
/** What they are of: another filter, or another start of the host, begins anew. */
let of = "";
let wanted = { from: 0, until: 0 };
let asks = 0;
/** When they were asked for last: a gap, as after a while in the background, is filled. */
let askedAt = 0;
let isOn = false;
let isAsking = false;
/** @type {() => void} */
let redraw = () => undefined;

const legend = h("ul", { class: "legend dim" },
  ...[["accent", "calls"], ["clientError", "retries"], ["on-up", "good answers"], ["serverError", "amplification"]].map(([color, text]) => {
    const sign = h("i");
    sign.style.background = `var(--${color})`;
    return h("li", {}, sign, text);
  }));
const byService = h("p", { class: "legend", "aria-label": "Load by service", role: "group" });

/** @param {() => void} draw draws the timeline @returns {boolean} whether the load is shown from now on */
export function toggle(draw) {
  if (redraw !== draw) onNews(follow);
  redraw = draw;
  isOn = !isOn;
  byId("load").setAttribute("aria-pressed", String(isOn));
  const outcomes = document.querySelector(".legend");
  if (outcomes && !legend.isConnected) outcomes.after(legend, byService);
  if (outcomes instanceof HTMLElement) outcomes.hidden = isOn;
  legend.hidden = byService.hidden = !isOn;
  forget();
  if (isOn) void follow();
  return isOn;
}

function forget() {
  all = new Map();
  services = new Map();
  phases = [];
  since = Infinity;
}

async function follow() {
  if (!isOn || isAsking || document.hidden) return;
  const key = JSON.stringify([live.filter, live.restarts]);
  if (key !== of) forget();
  of = key;
  const begin = Math.max(wanted.from, now() - KEPT_SECONDS * 1000);
  const back = (++asks % LATE_EVERY ? RECENT_SECONDS : LATE_SECONDS) * 1000;
  const time = now();
  const missing = Math.ceil((time - (since <= begin ? Math.min(askedAt, time - back) : begin)) / 1000) + 2;
  isAsking = true;
  try {
    const seconds = String(Math.min(KEPT_SECONDS, missing));
    take(await ask(`outages/load?${new URLSearchParams({ seconds, ...live.filter })}`));
    askedAt = time;
    showServices();
    redraw();
  } catch {
    // The page says so that the host does not answer.
  }
  isAsking = false;
}

/** @param {LoadDocument} load */
function take(load) {
  const from = Date.parse(load.from);
  since = Math.min(since, from);
  note(all, load.seconds);
  for (const { service, seconds } of load.services) {
    const known = services.get(service) ?? new Map();
    services.set(service, known);
    note(known, seconds);
  }
  for (const { scenario, phase, from, until } of load.phases) {
    const end = Date.parse(until);
    const begin = Date.parse(from);
    const phaseNow = { label: `${phase} (${scenario})`, kind: "phase", from: begin, until: Math.min(now(), end), isOver: end < now() };
    // The same phase again, whose time was worked out anew.
    phases = [...phases.filter((one) => one.label !== phaseNow.label || Math.abs(one.from - begin) > SAME_MS), phaseNow];
  }
  const oldest = now() - KEPT_SECONDS * 1000;
  since = Math.max(since, oldest);
  for (const known of [all, ...services.values()]) for (const second of known.keys()) if (second < oldest) known.delete(second);
  for (const [name, known] of services) if (!known.size) services.delete(name);
  phases = phases.filter(({ until }) => until > oldest);
}

/** @param {Map<number, Figures>} known @param {LoadSecond[]} seconds */
function note(known, seconds) {
  for (const { time, calls, attempts, good } of seconds) known.set(Date.parse(time), { calls, attempts, good });
}

/** @param {Map<number, Figures>} known @param {number} from @param {number} until @returns {Figures} */
function sum(known, from, until) {
  const found = { calls: 0, attempts: 0, good: 0 };
  for (let time = from; time < until; time += 1000) {
    const second = known.get(time);
    if (!second) continue;
    found.calls += second.calls;
    found.attempts += second.attempts;
    found.good += second.good;
  }
  return found;
}

/** @param {Figures} figures */
const amplification = ({ calls, attempts }) => (calls ? `${(attempts / calls).toFixed(1)}×` : "–");

/** @param {number} from @param {number} until @param {number} step milliseconds @returns {LoadPoint[]} */
export function gather(from, until, step) {
  wanted = { from, until };
  const points = [];
  for (let time = from; time < until; time += step) {
    const { calls, attempts, good } = sum(all, time, time + step), by = 1000 / step;
    points.push({ time, calls: calls * by, attempts: attempts * by, good: good * by });
  }
  return points;
}

/** @param {Span[]} windows of rules @param {number} from @param {number} until the phases of scenarios in that time, and what else was out */
export function spans(windows, from, until) {
  const played = phases.filter((phase) => phase.until > from && phase.from < until);
  const kinds = new Map(windows.map(({ label, kind }) => [label, kind]));
  const own = new Set(played.map(({ label }) => label));
  return [...played.map((phase) => ({ ...phase, kind: kinds.get(phase.label) ?? phase.kind })), ...windows.filter(({ label }) => !own.has(label))];
}

/**
 * @param {Drawing} drawing @param {LoadPoint[]} points
 * @param {number} top @param {number} middle @param {number} bottom
 * @param {(value: number) => number} nice
 */
export function draw({ paint, width, line, color, box, writeOn }, points, top, middle, bottom, nice) {
  const most = nice(Math.max(1, ...points.map(({ attempts, good }) => Math.max(attempts, good))));
  const wide = width / points.length;
  const tall = (/** @type {number} */ value) => (value / most) * (middle - top - 4);
  points.forEach(({ attempts, calls }, index) => {
    const first = tall(Math.min(calls, attempts)), retries = tall(Math.max(0, attempts - calls));
    box("accent", index * wide, middle - first, Math.max(1, wide - 0.7), first);
    box("clientError", index * wide, middle - first - retries, Math.max(1, wide - 0.7), retries);
  });
  /** @param {string} name @param {(point: LoadPoint) => number | null} y */
  const trace = (name, y) => {
    paint.strokeStyle = color(name);
    paint.lineWidth = 2;
    paint.setLineDash([]);
    paint.beginPath();
    let isDown = false;
    points.forEach((point, index) => {
      const at = y(point);
      if (at !== null && !isDown) paint.moveTo(index * wide, at);
      if (at !== null) paint.lineTo((index + 0.5) * wide, at);
      isDown = at !== null;
    });
    paint.stroke();
  };
  // The second that runs is not whole, and would look like a fall.
  const whole = points.at(-1)?.time ?? 0;
  trace("on-up", ({ time, good }) => (time < whole ? middle - tall(good) : null));
  box("dim", 0, middle, width, 1);
  writeOn("dim", rate(most), 2, top + 10);
  const times = (/** @type {LoadPoint} */ { calls, attempts }) => (calls ? attempts / calls : null);
  const peak = nice(Math.max(2, ...points.map((point) => times(point) ?? 0)));
  trace("serverError", (point) => {
    const value = times(point);
    return value === null ? null : bottom - (value / peak) * (bottom - middle - line - 2);
  });
  box("dim", 0, bottom, width, 1);
  writeOn("dim", `amplification, to ${+peak.toPrecision(2)}×`, 2, middle + line * 1.4);
}

/** @param {LoadPoint} point */
export const tell = (point) =>
  `${clock(point.time)} · ${rate(point.attempts)} attempts for ${rate(point.calls)} calls, amplification ${amplification(point)} · ${rate(point.good)} good answers`;

/** @param {LoadPoint[]} points @param {number} seconds of each @returns {string} */
export function tellAll(points, seconds) {
  const total = points.reduce((sum, { calls, attempts, good }) => ({ calls: sum.calls + calls, attempts: sum.attempts + attempts, good: sum.good + good }), { calls: 0, attempts: 0, good: 0 });
  const count = (/** @type {number} */ value) => Math.round(value * seconds);
  return `${plural(count(total.attempts), "attempt")} for ${plural(count(total.calls), "call")}, amplification ${amplification(total)}; ${plural(count(total.good), "good answer")}`;
}

/** The services with the most load; a click narrows the timeline to one. */
function showServices() {
  const { from, until } = wanted;
  const found = [...services].map(([name, known]) => ({ name, ...sum(known, from, until) })).filter(({ attempts }) => attempts);
  found.sort((a, b) => b.attempts - a.attempts || (a.name < b.name ? -1 : 1));
  const chosen = byId("timeline-filter").elements.service;
  const shown = found.slice(0, MAX_SERVICES);
  while (byService.children.length > shown.length) byService.lastElementChild?.remove();
  shown.forEach(({ name, ...figures }, index) => {
    const button = byService.children[index] ?? byService.appendChild(h("button", { type: "button", onclick: choose }));
    button.dataset.service = name;
    button.setAttribute("aria-pressed", String(chosen.value.trim() === name));
    setText(button, `${name} ${amplification(figures)}, ${figures.calls ? `${percent(Math.min(1, figures.good / figures.calls))} good` : "no new call"}`);
  });
}

/** @param {Event} event */
function choose(event) {
  const { service } = /** @type {HTMLElement} */ (event.currentTarget).dataset;
  const input = byId("timeline-filter").elements.service;
  input.value = input.value.trim() === service ? "" : service;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
