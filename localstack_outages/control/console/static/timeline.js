/** The timeline: calls a second by outcome, the windows of outages, and latency beneath. */

import { byId, later, on, setText } from "./dom.js";
import { clock, ms, plural, rate } from "./format.js";
import { live, now, onNews, setFilter } from "./live.js";

const OUTCOMES = /** @type {const} */ (["ok", "clientError", "serverError", "injected"]);
const BAR_PIXELS = 3;

/** @type {Point[]} */
let points = [];
let cursor = -1;
/** @type {{from: number, until: number} | null} what was chosen by dragging; the last minutes otherwise */
let zoom = null;
let isDue = false;
/** @type {((point: Point) => string) | undefined} */
let tell;

/** @type {typeof import("./timeline-windows.js") | undefined} */
let windows;
/** @type {typeof import("./load.js") | undefined} what is drawn in place of outcomes, where somebody asked for it */
let load;

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
  const show = (/** @type {typeof zoom} */ range) => {
    zoom = range;
    byId("unzoom").hidden = !range;
    redraw(-1);
  };
  for (const [id, type] of [["minutes", "change"], ["unzoom", "click"]]) on(id, type, () => show(null));
  on("load", "click", () => later(import("./load.js"), (module) => ((load = module.toggle(redraw) ? module : undefined), redraw(-1))));
  // How to read single points is loaded when somebody points; a key that came before is not lost.
  const learn = (/** @type {Event} */ event) => tell ?? later(import("./timeline-cursor.js"), (module) => {
    if (!tell) module.follow(canvas, () => points, (move) => redraw(move(cursor)), show);
    tell = module.tell;
    if (event.type === "keydown") canvas.dispatchEvent(new KeyboardEvent("keydown", event));
  });
  for (const begin of ["pointerenter", "focus", "keydown"]) on("timeline", begin, learn);
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

function draw() {
  isDue = false;
  const canvas = byId("timeline");
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const span = zoom ? zoom.until - zoom.from : Number(byId("minutes").value) * 60_000;
  const step = Math.ceil(span / 1000 / Math.min(900, width / BAR_PIXELS)) * 1000;
  const until = zoom?.until ?? Math.floor(now() / 1000) * 1000;
  // Points keep their place in time, or bars would flicker.
  const from = Math.floor((until - span) / step) * step;
  points = gather(from, until, step);
  const loads = load?.gather(from, until, step) ?? [];
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
    writeOn: (name, text, left, bottom) => {
      drawing.box("panel", left - 1, bottom - line * 0.75, drawing.measure(text) + 2, line);
      drawing.write(name, text, left, bottom);
    },
    measure: (text) => paint.measureText(text).width,
  };
  const { rules = [], departed = [] } = live.status ?? {};
  // How to draw the windows of outages is loaded when there was one.
  if (!windows && rules.length + departed.length) later(import("./timeline-windows.js"), (module) => ((windows = module), redraw()));
  const outages = windows?.spans(from, until) ?? [];
  const shown = load?.spans(outages, from, until) ?? outages;
  const top = windows?.drawAll(drawing, shown, from) ?? line * 2;
  const middle = top + (height - top) * 0.6;
  if (load) load.draw(drawing, loads, top, middle, height - line, nice);
  else {
    drawBars(drawing, top, middle);
    drawLatency(drawing, middle + line, height - line);
  }
  drawAxis(drawing, from, until);
  const at = points[cursor];
  const text = at && tell ? (load ? load.tell(loads[cursor]) : tell(at)) : load ? load.tellAll(loads, step / 1000) : tellAll(shown.length, step / 1000);
  setText(byId("reading"), text);
  canvas.setAttribute("aria-label", `Timeline. ${text}`);
}

/** @param {Drawing} drawing @param {number} top @param {number} bottom */
function drawBars(drawing, top, bottom) {
  const { width, box, writeOn } = drawing;
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
  writeOn("dim", rate(most), 2, top + 10);
}

/** @param {Drawing} drawing @param {number} top @param {number} bottom */
function drawLatency(drawing, top, bottom) {
  const { paint, width, line, color, box, writeOn } = drawing;
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
  writeOn("dim", `latency, to ${ms(most)}`, 2, top + line * 0.4);
}

/** @param {Drawing} drawing @param {number} from @param {number} until */
function drawAxis({ width, height, x, line, box, write, measure }, from, until) {
  const span = until - from;
  const every = span > 400_000 ? 180_000 : span > 150_000 ? 60_000 : span > 30_000 ? 10_000 : 5000;
  for (let time = Math.ceil(from / every) * every; time < until; time += every) {
    box("dim", x(time), height - line, 1, 4);
    const label = every < 60_000 ? clock(time) : clock(time).slice(0, 5);
    if (x(time) + measure(label) < width) write("dim", label, x(time) + 3, height - 3);
  }
  if (cursor >= 0) box("dim", ((cursor + 0.5) * width) / points.length, 0, 1, height);
}

/** @param {number} value the next figure that is easy to read */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((figure) => figure >= value) ?? value;
}

/** @param {number} windows @param {number} seconds of each point */
function tellAll(windows, seconds) {
  const sum = (/** @type {"calls" | "injected"} */ name) => Math.round(points.reduce((all, point) => all + point[name], 0) * seconds);
  return `${plural(sum("calls"), "call")}, ${sum("injected").toLocaleString("en")} failed by rules; ${plural(windows, "outage window")}`;
}
