/** The phases of a scenario on a time axis. */

import { h } from "./dom.js";

const sheet = h("link", { rel: "stylesheet", href: "console/phases.css" });
await new Promise((done) => {
  sheet.onload = sheet.onerror = done;
  document.head.append(sheet);
});

/** @type {[string, number][]} */
const UNITS = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

/** @param {number} seconds @returns {string} in the two units that matter, such as "4 h 17 min" */
export function span(seconds) {
  if (seconds < 10) return `${+seconds.toFixed(1)} s`;
  const first = UNITS.findIndex(([, size]) => Math.round(seconds) >= size);
  const [unit, size] = UNITS[first];
  const next = UNITS[first + 1];
  const whole = next ? Math.round(seconds / next[1]) * next[1] : Math.round(seconds);
  // 59.9 min are 1 h.
  if (first > 0 && whole >= UNITS[first - 1][1]) return span(whole);
  const rest = next ? Math.round((whole % size) / next[1]) : 0;
  return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${next[0]}` : ""}`;
}

/** @param {string[]} globs of services @returns {string} */
export const servicesInWords = (globs) => (globs.includes("*") ? "all services" : globs.join(", ") || "nothing fails");

/** @param {number} value @param {number} length */
const share = (value, length) => `${(100 * Math.min(1, value / length)).toFixed(3)}%`;

/** @param {{at: number, length: number}} phase @param {number} length of all @param {string} [text] in it */
export function makeBar(phase, length, text = "") {
  const bar = h("i", {}, text);
  bar.style.left = share(phase.at, length);
  bar.style.width = share(phase.length, length);
  return bar;
}

/**
 * Bars beside each other where they fit, below each other where they overlap.
 * @param {{name: string, at: number, length: number}[]} phases @param {number} length of all, in the unit of theirs
 * @param {boolean} [isNamed] whether the bars carry the names of the phases
 */
export function makeBars(phases, length, isNamed = false) {
  /** @type {number[]} when each lane is free */
  const lanes = [];
  const bars = phases.map((phase) => {
    const free = lanes.findIndex((end) => end <= phase.at);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = phase.at + phase.length;
    const bar = makeBar(phase, length, isNamed ? phase.name : "");
    bar.style.top = `calc(var(--lane) * ${lane})`;
    return bar;
  });
  const box = h("span", { class: isNamed ? "bars named" : "bars", "aria-hidden": "true" }, ...bars);
  box.style.height = `calc(var(--lane) * ${lanes.length})`;
  return { box, bars };
}
