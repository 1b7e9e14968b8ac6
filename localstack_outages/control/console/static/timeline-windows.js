/** The windows of outages on the timeline, with their names, and when places were back. */

import { matches } from "./glob.js";
import { fails, judge } from "./health.js";
import { live, now } from "./live.js";

const MAX_LANES = 5;

/** Rules of one phase start within this time, milliseconds. */
const SAME_MS = 1000;

/** What stands behind the name of a window. @type {Record<string, string>} */
const KINDS = { out: "", throttling: ": throttled", connection: ": broken", slow: ": slow", phase: "" };

/** @param {Rule} rule what kind of outage it is, which is also the name of a colour */
function kindOf(rule) {
  if (rule.connection) return "connection";
  if (rule.throttle || /throttl|slowdown|toomany/i.test(JSON.stringify(rule.error ?? ""))) return "throttling";
  return fails(rule) ? "out" : "slow";
}

/** Of the rules of a phase, the kind is that of the worst. */
const WORST = Object.keys(KINDS);

/** @param {Status} status @returns {string} the phase of a scenario that a rule plays; nothing where it plays none */
function phaseOf({ owner, rule }) {
  const [, scenario, phase] = (owner?.startsWith("scenario ") && /^([a-z0-9-]+), ([a-z0-9-]+): /.exec(rule.description ?? "")) || [];
  return phase ? `${phase} (${scenario})` : "";
}

/** @param {string} pattern of a rule @param {string} glob of the filter */
const fits = (pattern = "*", glob = "*") => matches(pattern, glob) || matches(glob, pattern);

/** @param {number} first @param {number} last the windows of rules between them, also of those that left the list */
export function spans(first, last) {
  const time = live.statusAt;
  const { rules = [], departed = [] } = live.status ?? {};
  /** @type {Span[]} */
  const found = [];
  for (const status of [...rules, ...departed]) {
    const { rule, words, startedAgo } = status;
    if (startedAgo === null || !fits(rule.service, live.filter.service) || !fits(rule.region, live.filter.region)) continue;
    const isOver = "secondsAgo" in status;
    const until = isOver ? time - status.secondsAgo * 1000 : now();
    const kind = kindOf(rule);
    const from = time - startedAgo * 1000;
    if (until <= first || from >= last) continue;
    // The rules of a phase are one window.
    const phase = phaseOf(status);
    const same = phase && found.find((span) => span.label === phase && Math.abs(span.from - from) < SAME_MS);
    if (!same) found.push({ label: phase || words.what, kind, from, until, isOver });
    else Object.assign(same, { kind: WORST.find((one) => one === kind || one === same.kind), until: Math.max(until, same.until), isOver: isOver && same.isOver });
  }
  // What is in force comes first, then what was; of each the newest. There may be no lane for the rest.
  return found.sort((a, b) => Number(a.isOver) - Number(b.isOver) || b.from - a.from);
}

/** @param {number} first when places were back, newest first */
function returns(first) {
  const { service = "*", region = "*" } = live.filter;
  const healthOf = judge(live.status?.rules ?? []);
  return [...live.places.values()]
    .filter((place) => !healthOf(place.service, place.region, place, 0).rules.length)
    .filter((place) => matches(service, place.service) && matches(region, place.region))
    .map((place) => ({ time: place.recoveredAt ?? 0, label: `▲ ${place.service} ${place.region} back` }))
    .filter(({ time }) => time > first)
    .sort((a, b) => b.time - a.time);
}

/** @param {Drawing} drawing @param {Span[]} shown @returns {number} where the lanes end */
function drawSpans({ width, height, x, line, box, write, writeOn, measure }, shown) {
  /** @type {[number, number][][]} what is taken of each lane */
  const lanes = [];
  /** @type {(() => void)[]} drawn last: no line goes through a label */
  const labels = [];
  let hidden = 0;
  let shaded = 0;
  // Where windows overlap the shade stays as light as for one, or the bars below could not be told.
  for (const { from, until } of [...shown].sort((a, b) => a.from - b.from)) {
    const left = Math.max(shaded, x(from)), right = Math.min(width, x(until));
    if (left >= right) continue;
    box("shade", left, 0, right - left, height - line);
    shaded = right;
  }
  for (const { label, kind, from, until, isOver } of shown) {
    const left = Math.max(0, x(from)), right = Math.max(left + 2, Math.min(width, x(until)));
    const text = shorten(label, width * 0.45 - measure(KINDS[kind]), measure) + KINDS[kind];
    const wide = measure(text) + 6;
    // A label without space in its window stands beside it.
    const isInside = wide < right - left;
    const isAfter = !isInside && right + wide < width;
    const begin = isInside || isAfter ? left : left - wide;
    const end = isAfter ? right + wide : right;
    let lane = lanes.findIndex((taken) => taken.every(([start, stop]) => stop <= begin || end <= start));
    if (lane < 0) lane = lanes.length;
    if (lane >= MAX_LANES) {
      hidden++;
      continue;
    }
    (lanes[lane] ??= []).push([begin, end]);
    box(kind, left, 0, 1, height - line);
    if (isOver) box(kind, right - 1, 0, 1, height - line);
    labels.push(() => {
      box("panel", begin, lane * line, end - begin, line);
      box(kind, left, lane * line + 1, right - left, line - 3);
      write(isInside ? "on-out" : "text", text, 3 + (isAfter ? right : begin), (lane + 0.72) * line);
    });
  }
  for (const label of labels) label();
  if (hidden) writeOn("dim", `${hidden} more`, 3, (MAX_LANES + 0.72) * line);
  return line * (Math.max(1, lanes.length) + (hidden ? 2 : 1));
}

/** @param {string} text @param {number} most pixels @param {(text: string) => number} measure */
function shorten(text, most, measure) {
  let kept = text;
  while (measure(kept) > most) kept = `${kept.slice(0, -2)}…`;
  return kept;
}

/** @param {Drawing} drawing @param {number} top @param {{time: number, label: string}[]} back */
function drawReturns(drawing, top, back) {
  const { width, height, x, line, box, writeOn, measure } = drawing;
  let free = width;
  for (const { time } of back) box("on-up", x(time), top - line, 1, height - top);
  for (const { time, label } of back) {
    const wide = measure(label);
    const left = Math.max(0, Math.min(x(time) - 4, width - wide));
    if (left + wide > free) continue;
    writeOn("on-up", label, left, top - line * 0.25);
    free = left - 8;
  }
}

/** @param {Drawing} drawing @param {Span[]} shown @param {number} from @returns {number} where they end */
export function drawAll(drawing, shown, from) {
  const top = drawSpans(drawing, shown);
  drawReturns(drawing, top, returns(from));
  return top;
}
