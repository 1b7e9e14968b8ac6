/** The timeline: calls a second by outcome, the windows of outages, and latency beneath. */

import { byId, on, setText } from "./dom.js";
import { clock, ms, plural, rate, where } from "./format.js";
import { matches } from "./glob.js";
import { judge } from "./health.js";
import { live, now, onNews, setFilter } from "./live.js";

const OUTCOMES = /** @type {const} */ (["ok", "clientError", "serverError", "injected"]);
const MAX_LANES = 5;
const BAR_PIXELS = 3;

/** @type {Point[]} */
let points = [];
let cursor = -1;
let isDue = false;

/** @param {number} [at] which point is pointed at; none where it is -1 */
function redraw(at = cursor) {
  cursor = Math.min(at, points.length - 1);
  if (!isDue) requestAnimationFrame(draw);
  isDue = true;
}

export function showTimeline() {
  const canvas = byId("timeline");
  on("timeline-filter", "change", () => {
    const chosen = [...new FormData(byId("timeline-filter"))].map(([name, value]) => [name, String(value).trim()]);
    setFilter(Object.fromEntries(chosen.filter(([, value]) => value)));
  });
  on("minutes", "change", () => redraw(-1));
  on("timeline", "pointermove", (event) =>
    redraw(Math.floor((event.offsetX / canvas.clientWidth) * points.length)));
  for (const end of ["pointerleave", "blur"]) on("timeline", end, () => redraw(-1));
  on("timeline", "keydown", (event) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (!by) return;
    event.preventDefault();
    redraw(Math.max(0, (cursor < 0 ? points.length : cursor) + by));
  });
  new ResizeObserver(() => redraw()).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  onNews(redraw);
}

/** @param {number} from @param {number} until @param {number} step */
function gather(from, until, step) {
  /** @type {Point[]} */
  const found = [];
  for (let time = from; time < until; time += step) {
    const sum = { time, ok: 0, injected: 0, clientError: 0, serverError: 0, calls: 0 };
    let p50 = 0, p95 = 0;
    for (let at = time; at < time + step; at += 1000) {
      const second = live.seconds.get(at);
      if (!second?.calls) continue;
      for (const name of /** @type {const} */ ([...OUTCOMES, "calls"])) sum[name] += (second[name] * 1000) / step;
      p50 = Math.max(p50, second.p50Ms ?? 0);
      p95 = Math.max(p95, second.p95Ms ?? 0);
    }
    found.push({ ...sum, p50: p50 || null, p95: p95 || null });
  }
  return found;
}

/** @param {string} pattern of a rule @param {string} glob of the filter */
const fits = (pattern = "*", glob = "*") => matches(pattern, glob) || matches(glob, pattern);

/** @param {number} first the windows of rules, also of those that left the list */
function spans(first) {
  const time = now();
  const { rules = [], departed = [] } = live.status ?? {};
  /** @type {Span[]} */
  const found = [];
  for (const status of [...rules, ...departed]) {
    const { rule, startedAgo } = status;
    if (startedAgo === null || !fits(rule.service, live.filter.service) || !fits(rule.region, live.filter.region)) continue;
    const isOver = "secondsAgo" in status;
    const until = isOver ? time - status.secondsAgo * 1000 : time;
    if (until > first) found.push({ label: where(rule), from: time - startedAgo * 1000, until, isOver });
  }
  return found.sort((a, b) => a.from - b.from);
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

function draw() {
  isDue = false;
  const canvas = byId("timeline");
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const span = Number(byId("minutes").value) * 60_000;
  const step = Math.ceil(span / 1000 / Math.min(900, width / BAR_PIXELS)) * 1000;
  const until = Math.floor(now() / 1000) * 1000;
  // Points keep their place in time, or bars would flicker.
  const from = Math.floor((until - span) / step) * step;
  points = gather(from, until, step);
  const style = getComputedStyle(canvas);
  /** @type {CanvasRenderingContext2D} */
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  paint.font = `${style.fontSize} ${style.fontFamily}`;
  const line = parseFloat(style.fontSize) * 1.4;
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
  /** @type {Drawing} */
  const drawing = {
    paint, width, height, line, color,
    x: (time) => ((time - from) / (points.length * step)) * width,
    box: (name, ...area) => ((paint.fillStyle = color(name)), paint.fillRect(...area)),
    write: (name, text, left, bottom) => ((paint.fillStyle = color(name)), paint.fillText(text, left, bottom)),
    measure: (text) => paint.measureText(text).width,
  };
  const shown = spans(from);
  const top = drawSpans(drawing, shown);
  drawReturns(drawing, top, returns(from));
  const middle = top + (height - top) * 0.6;
  drawBars(drawing, top, middle);
  drawLatency(drawing, middle + line, height - line);
  drawAxis(drawing, from, until);
  const at = points[cursor];
  const text = at ? tellPoint(at) : tellAll(shown.length, step / 1000);
  setText(byId("reading"), text);
  canvas.setAttribute("aria-label", `Timeline. ${text}`);
}

/** @param {Drawing} drawing @param {Span[]} shown @returns {number} where the lanes end */
function drawSpans({ width, height, x, line, box, write, measure }, shown) {
  /** @type {number[]} where each lane is free again */
  const free = [];
  let hidden = 0;
  for (const { label, from, until, isOver } of shown) {
    const left = Math.max(0, x(from)), right = Math.max(left + 2, x(until));
    const wide = measure(label) + 6;
    // A label without space in its window stands beside it.
    const isInside = wide < right - left;
    const isAfter = !isInside && right + wide < width;
    const begin = isInside || isAfter ? left : left - wide;
    let lane = free.findIndex((end) => end <= begin);
    if (lane < 0) lane = free.length;
    if (lane >= MAX_LANES) {
      hidden++;
      continue;
    }
    free[lane] = isAfter ? right + wide : right;
    box("shade", left, 0, right - left, height - line);
    box("out", left, lane * line + 1, right - left, line - 3);
    box("out", left, 0, 1, height - line);
    if (isOver) box("out", right - 1, 0, 1, height - line);
    write(isInside ? "on-out" : "text", label, 3 + (isAfter ? right : begin), (lane + 0.72) * line);
  }
  if (hidden) write("dim", `${hidden} more`, 3, (MAX_LANES + 0.72) * line);
  return line * (Math.max(1, free.length) + (hidden ? 2 : 1));
}

/** @param {Drawing} drawing @param {number} top @param {{time: number, label: string}[]} back */
function drawReturns({ width, height, x, line, box, write, measure }, top, back) {
  let free = width;
  for (const { time, label } of back) {
    box("on-up", x(time), top - line, 1, height - top);
    const wide = measure(label);
    const left = Math.min(x(time) - 4, width - wide);
    if (left + wide > free) continue;
    write("on-up", label, left, top - line * 0.25);
    free = left - 8;
  }
}

/** @param {Drawing} drawing @param {number} top @param {number} bottom */
function drawBars({ width, box, write }, top, bottom) {
  const most = nice(Math.max(1, ...points.map((point) => point.calls)));
  const wide = width / points.length;
  points.forEach((point, index) => {
    let y = bottom;
    for (const outcome of OUTCOMES) {
      const tall = (point[outcome] / most) * (bottom - top - 4);
      box(outcome, index * wide, (y -= tall), Math.max(1, wide - 0.7), tall);
    }
  });
  box("dim", 0, bottom, width, 1);
  write("dim", rate(most), 2, top + 10);
}

/** @param {Drawing} drawing @param {number} top @param {number} bottom */
function drawLatency({ paint, width, line, color, box, write }, top, bottom) {
  const most = nice(Math.max(10, ...points.map((point) => point.p95 ?? 0)));
  const wide = width / points.length;
  for (const name of /** @type {const} */ (["p95", "p50"])) {
    paint.strokeStyle = color(name === "p50" ? "accent" : "dim");
    paint.lineWidth = name === "p50" ? 2 : 1.2;
    paint.setLineDash(name === "p50" ? [] : [4, 2]);
    paint.beginPath();
    points.forEach((point, index) => {
      const value = point[name];
      if (value === null) return;
      const y = bottom - (value / most) * (bottom - top - 2);
      if (!points[index - 1]?.[name]) paint.moveTo(index * wide, y);
      paint.lineTo((index + 0.5) * wide, y);
    });
    paint.stroke();
  }
  box("dim", 0, bottom, width, 1);
  write("dim", `latency, to ${ms(most)}`, 2, top + line * 0.4);
}

/** @param {Drawing} drawing @param {number} from @param {number} until */
function drawAxis({ width, height, x, line, box, write, measure }, from, until) {
  const every = (until - from > 400_000 ? 3 : 1) * 60_000;
  for (let time = Math.ceil(from / every) * every; time < until; time += every) {
    box("dim", x(time), height - line, 1, 4);
    const label = clock(time).slice(0, 5);
    if (x(time) + measure(label) < width) write("dim", label, x(time) + 3, height - 3);
  }
  if (cursor >= 0) box("dim", ((cursor + 0.5) * width) / points.length, 0, 1, height);
}

/** @param {number} value the next figure that is easy to read */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((figure) => figure >= value) ?? value;
}

/** @param {Point} point */
const tellPoint = ({ time, calls, ok, injected, clientError, serverError, p50, p95 }) =>
  `${clock(time)} · ${rate(calls)}: ${rate(ok)} ok, ${rate(injected)} failed by rules, ${rate(clientError)} 4xx, ${rate(serverError)} 5xx · p50 ${ms(p50)}, p95 ${ms(p95)}`;

/** @param {number} windows @param {number} seconds of each point */
function tellAll(windows, seconds) {
  const sum = (/** @type {"calls" | "injected"} */ name) => Math.round(points.reduce((all, point) => all + point[name], 0) * seconds);
  return `${plural(sum("calls"), "call")}, ${sum("injected").toLocaleString("en")} failed by rules; ${plural(windows, "outage window")}`;
}
