/** The map: services by regions, how each does, and outages by a click. */

import { around, byId, h, later, on, setAttribute, setText } from "./dom.js";
import { percent, rate, where } from "./format.js";
import { isGlob } from "./glob.js";
import { judge } from "./health.js";
import { live, now, onNews, RECENT_SECONDS, rulesOf } from "./live.js";

/** More would not be read, and be slow to draw. */
const MAX_SERVICES = 60;
const MAX_REGIONS = 24;

const SIGNS = { up: "✓", degraded: "◐", out: "✕", recovering: "↻" };

/** @type {Target[]} places that the user wants to see */
const added = [];
let shown = "";
/** @type {Map<string, HTMLButtonElement>} */
const buttons = new Map();
let active = "* *";

export function showMap() {
  on("add-place", "submit", (event) => {
    const { service, region } = event.target.elements;
    added.push({ service: service.value.trim(), region: region.value.trim() });
    event.target.reset();
    draw();
  });
  on("map", "keydown", onKey);
  on("map", "click", (event) => {
    const { service, region } = around(event, "button")?.dataset ?? {};
    if (service && region) later(import("./toggle.js"), ({ toggle }) => toggle({ service, region }));
  });
  onNews(draw);
}

/** @param {"service" | "region"} field @param {number} most @returns {string[]} names, globs last */
function namesOf(field, most) {
  // Those in use come first, should there be too many.
  const all = [...live.places.values(), ...added, ...(live.status?.rules ?? []).map(({ rule }) => rule)].map((place) => place[field]);
  const names = [...new Set(all)].filter((name) => name && name !== "*").slice(0, most);
  return names.sort((a, b) => Number(isGlob(a)) - Number(isGlob(b)) || (a < b ? -1 : 1));
}

function draw() {
  const services = namesOf("service", MAX_SERVICES), regions = namesOf("region", MAX_REGIONS);
  const layout = JSON.stringify([services, regions]);
  if (layout !== shown) build(services, regions);
  shown = layout;
  update(live.status?.rules ?? []);
}

/** @param {string[]} services @param {string[]} regions */
function build(services, regions) {
  const table = byId("map");
  const focused = document.activeElement?.closest("#map button");
  buttons.clear();
  table.replaceChildren(
    h("thead", {}, h("tr", {}, head("*", "*", "col"), ...regions.map((region) => head("*", region, "col")))),
    h("tbody", {}, ...services.map((service) =>
      h("tr", {}, head(service, "*", "row"), ...regions.map((region) => h("td", {}, button(service, region)))),
    )),
  );
  byId("map-empty").hidden = services.length > 0 && regions.length > 0;
  if (!buttons.has(active)) active = "* *";
  if (focused) buttons.get(active)?.focus();
}

/** @param {string} service @param {string} region @param {string} scope */
const head = (service, region, scope) => h("th", { scope }, button(service, region));

/** @param {string} service @param {string} region */
function button(service, region) {
  const element = h("button", { type: "button", "data-service": service, "data-region": region });
  buttons.set(`${service} ${region}`, element);
  return element;
}

/** @param {RuleStatus[]} rules */
function update(rules) {
  const healthOf = judge(rules);
  const time = now();
  for (const [id, element] of buttons) {
    const { service = "*", region = "*" } = element.dataset;
    element.tabIndex = id === active ? 0 : -1;
    if (service === "*" || region === "*") showHead(element, { service, region });
    else showCell(element, { service, region }, healthOf(service, region, live.places.get(id), time));
  }
}

/** @param {HTMLButtonElement} element @param {Target} target */
function showHead(element, target) {
  const isOn = rulesOf(target).length > 0;
  const name = target.service === "*" ? target.region : target.service;
  setText(element, `${isOn ? "✕ " : ""}${name === "*" ? "everything" : name}`);
  setAttribute(element, "aria-pressed", String(isOn));
  setAttribute(element, "aria-label", `${where(target)}: ${isOn ? "end the outage" : "start an outage"}`);
}

/** @param {HTMLButtonElement} element @param {Target} target @param {Health} health */
function showCell(element, target, { state, why }) {
  const counts = live.places.get(`${target.service} ${target.region}`)?.counts;
  const failed = counts?.injected ? `${percent(counts.injected / counts.calls)} fail` : "";
  const load = counts ? rate(counts.calls / RECENT_SECONDS) : "";
  const detail = [load, failed || (state === "recovering" ? why : "")].filter(Boolean).join(" · ");
  const text = `${SIGNS[state]} ${state}`;
  if (element.dataset.says === text + detail) return;
  element.dataset.says = text + detail;
  element.dataset.state = state;
  element.classList.toggle("idle", state === "up" && !counts);
  element.replaceChildren(h("b", {}, text), h("small", {}, detail || "no calls"));
  element.setAttribute("aria-label", `${where(target)}: ${state}, ${detail || "no calls"}`);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  const [down, right] = moves[/** @type {keyof moves} */ (event.key)] ?? [];
  if (down === undefined) return;
  event.preventDefault();
  /** @type {any} */
  const cell = around(event, "td, th");
  const next = byId("map").rows[cell.parentElement.rowIndex + down]?.cells[cell.cellIndex + right]?.firstChild;
  if (!next) return;
  around(event, "button")?.setAttribute("tabindex", "-1");
  active = `${next.dataset.service} ${next.dataset.region}`;
  next.tabIndex = 0;
  next.focus();
}
