/** Points at the timeline: by mouse or arrow keys, one point at a time is read. */

import { on } from "./dom.js";
import { clock, ms, rate } from "./format.js";

/** A range that was dragged over is at least so long, milliseconds. */
const LEAST_MS = 5000;

/**
 * @param {HTMLElement} canvas
 * @param {() => Point[]} points that are shown
 * @param {(move: (at: number) => number) => void} point moves the cursor; at -1 there is none
 * @param {(range: {from: number, until: number} | null) => void} zoom shows a range; the last minutes where it is null
 */
export function follow(canvas, points, point, zoom) {
  let begin = -1;
  const at = (/** @type {PointerEvent} */ event) => Math.max(0, Math.floor((event.offsetX / canvas.clientWidth) * points().length));
  on("timeline", "pointerdown", (event) => {
    begin = at(event);
    canvas.setPointerCapture(event.pointerId);
  });
  on("timeline", "pointermove", (event) => point(() => at(event)));
  on("timeline", "pointerup", (event) => {
    const all = points(), step = all.length > 1 ? all[1].time - all[0].time : 1000;
    const [from, until] = [begin, Math.min(at(event), all.length - 1)].sort((a, b) => a - b).map((index) => all[index]?.time ?? 0);
    const hasMoved = begin >= 0 && from < until;
    begin = -1;
    if (hasMoved) zoom({ from, until: Math.max(until + step, from + LEAST_MS) });
  });
  on("timeline", "pointercancel", () => (begin = -1));
  on("timeline", "dblclick", () => zoom(null));
  for (const end of ["pointerleave", "blur"]) on("timeline", end, () => point(() => -1));
  on("timeline", "keydown", (event) => {
    if (event.key === "Escape") zoom(null);
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (!by) return;
    event.preventDefault();
    point((at) => Math.max(0, (at < 0 ? points().length : at) + by));
  });
}

/** @param {Point} point */
export const tell = ({ time, calls, ok, injected, clientError, serverError, p50, p95 }) =>
  `${clock(time)} · ${rate(calls)}: ${rate(ok)} ok, ${rate(injected)} failed by rules, ${rate(clientError)} 4xx, ${rate(serverError)} 5xx · p50 ${ms(p50)}, p95 ${ms(p95)}`;
