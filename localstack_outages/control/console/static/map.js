/** The map: services by regions, how each does, and outages by a click. */

import { around, byId, h, later, on, setAttribute, setText } from "./dom.js";
import { percent, plural, rate, where } from "./format.js";
import { isGlob, matches } from "./glob.js";
import { judge, SEVERITY, SIGNS, worst } from "./health.js";
import { moveOnMap } from "./keys.js";
import { live, now, onNews, RECENT_SECONDS, rulesOf } from "./live.js";
import { arrange } from "./places.js";
import { onView, view } from "./view.js";

/** @type {Target[]} places that the user wants to see */
const added = [];
let shown = "";
/** @type {Map<string, HTMLButtonElement>} */
const buttons = new Map();
let active = "* *";
let isUnfolded = false;
/** The order stays while somebody points at the map: nothing moves away under a click. */
let isHeld = false;

export function showMap() {
  const box = byId("map").parentElement;
  on("add-place", "submit", (event) => {
    const { service, region } = event.target.elements;
    added.push({ service: service.value.trim(), region: region.value.trim() });
    service.value = region.value = "";
    draw();
  });
  on("map", "keydown", (event) => {
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    moveOnMap(event.key);
  });
  on("map", "focusin", ({ target }) => {
    buttons.get(active)?.setAttribute("tabindex", "-1");
    active = `${target.dataset.service} ${target.dataset.region}`;
    target.tabIndex = 0;
  });
  on("map", "click", (event) => {
    const { service, region } = around(event, "button")?.dataset ?? {};
    if (service && region) later(import("./toggle.js"), ({ toggle }) => toggle({ service, region }));
  });
  on("quiet", "click", () => {
    isUnfolded = !isUnfolded;
    draw();
  });
  box.addEventListener("pointerenter", () => (isHeld = true));
  box.addEventListener("pointerleave", () => (isHeld = false));
  box.addEventListener("scroll", hint, { passive: true });
  new ResizeObserver(hint).observe(box);
  onNews(draw);
  onView(draw);
}

/** @param {"service" | "region"} field @returns {string[]} those in use first */
function namesOf(field) {
  // A glob of a rule is no place: the rule shows across the places that it matches.
  const named = (live.status?.rules ?? []).map(({ rule }) => rule[field]).filter((name) => name && !isGlob(name));
  const all = [...[...live.places.values(), ...added].map((place) => place[field]), ...named];
  return [...new Set(all)].filter((name) => name && name !== "*");
}

/** Show where there is more to scroll to: not every system shows scroll bars. */
function hint() {
  const { scrollLeft, clientWidth, scrollWidth, scrollTop, clientHeight, scrollHeight, dataset } = byId("map").parentElement;
  const right = scrollLeft + clientWidth < scrollWidth - 2 ? "right" : "";
  dataset.more = right + (scrollTop + clientHeight < scrollHeight - 2 ? "below" : "");
}

function draw() {
  const healthOf = judge(live.status?.rules ?? []);
  const time = now();
  /** @type {Map<string, Health>} */
  const healths = new Map();
  const all = { services: namesOf("service"), regions: namesOf("region") };
  for (const service of all.services)
    for (const region of all.regions) {
      const id = `${service} ${region}`;
      healths.set(id, healthOf(service, region, live.places.get(id), time));
    }
  noteOut(all, healths);
  const { services, regions, quiet } = arrange(all, (service, region) => healths.get(`${service} ${region}`), added, isHeld || byId("map").contains(document.activeElement));
  const rows = (isUnfolded ? [...services, ...quiet] : services).filter((service) => !view.name || regions.some((region) => view.takesPlace(service, region)));
  const columns = regions.filter((region) => !view.name || rows.some((service) => view.takesPlace(service, region)));
  const layout = JSON.stringify([rows, columns]);
  if (layout !== shown) build(rows, columns);
  shown = layout;
  setText(byId("map-empty"), view.name && services.length ? "None of these." : "A service shows here once it is called or a rule names it. Or add one:");
  byId("map-empty").hidden = rows.length > 0 && columns.length > 0;
  byId("quiet").hidden = !quiet.length || Boolean(view.name);
  setText(byId("quiet"), isUnfolded ? "Fold quiet services" : `${plural(quiet.length, "quiet service")} more`);
  setAttribute(byId("quiet"), "aria-expanded", String(isUnfolded));
  update(rows, columns, healths);
  hint();
}

/** @param {{services: string[], regions: string[]}} all @param {Map<string, Health>} healths */
function noteOut({ services, regions }, healths) {
  live.servicesOut = new Set(services.filter((service) => regions.some((region) => healths.get(`${service} ${region}`)?.state === "out")));
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
  table.style.setProperty("--columns", String(regions.length));
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

/** @param {string[]} rows @param {string[]} columns @param {Map<string, Health>} healths */
function update(rows, columns, healths) {
  const health = (/** @type {string} */ service, /** @type {string} */ region) => /** @type {Health} */ (healths.get(`${service} ${region}`));
  for (const [id, element] of buttons) {
    const { service = "*", region = "*" } = element.dataset;
    element.tabIndex = id === active ? 0 : -1;
    if (service !== "*" && region !== "*") {
      showCell(element, { service, region }, health(service, region));
      setAttribute(/** @type {Element} */ (element.parentElement), "data-across", across(columns, columns.indexOf(region), (name) => health(service, name)));
      continue;
    }
    const cells = rows.filter((name) => matches(service, name)).flatMap((name) => columns.filter((other) => matches(region, other)).map((other) => health(name, other).state));
    showHead(element, { service, region }, worst(cells));
  }
}

/** @param {string[]} columns @param {number} at @param {(region: string) => Health} health @returns {string} where a rule for several regions covers this cell: at its begin, its end, both, or between */
function across(columns, at, health) {
  const wide = (/** @type {number} */ index) =>
    columns[index] === undefined ? [] : health(columns[index]).rules.filter(({ rule: { region = "*" } }) => region !== "*" && isGlob(region)).map(({ id }) => id);
  const here = wide(at);
  if (!here.length) return "";
  const goesOn = (/** @type {number} */ index) => wide(index).some((id) => here.includes(id));
  return goesOn(at - 1) ? (goesOn(at + 1) ? "between" : "end") : goesOn(at + 1) ? "begin" : "alone";
}

/** @param {HTMLButtonElement} element @param {Target} target @param {Health["state"]} state the worst of its cells */
function showHead(element, target, state) {
  const isOn = rulesOf(target).length > 0;
  const name = target.service === "*" ? target.region : target.service;
  setText(element, `${SEVERITY[state] ? `${SIGNS[state]} ` : ""}${name === "*" ? "everything" : name}`);
  setAttribute(element, "data-worst", state);
  setAttribute(element, "aria-pressed", String(isOn));
  setAttribute(element, "aria-label", `${where(target)}: ${isOn ? "end the outage" : "start an outage"}`);
}

/** @param {HTMLButtonElement} element @param {Target} target @param {Health} health */
function showCell(element, target, { state, why, rules }) {
  const counts = live.places.get(`${target.service} ${target.region}`)?.counts;
  // A place that is out fails every call since its rule began, whatever the seconds before it had.
  const share = counts?.injected ? (state === "out" ? 1 : counts.injected / counts.calls) : 0;
  const load = counts ? rate(counts.calls / RECENT_SECONDS) : "";
  const detail = [load, share ? `${percent(share)} fail` : state === "recovering" ? why : ""].filter(Boolean).join(" · ");
  const text = `${SIGNS[state]} ${state}`;
  const by = rules.map(({ id, words }) => `${id}: ${words.what}: ${words.how}`).join("\n");
  if (element.dataset.says === text + detail + by) return;
  element.dataset.says = text + detail + by;
  element.dataset.state = state;
  element.title = by;
  element.classList.toggle("idle", state === "up" && !counts);
  element.replaceChildren(h("b", {}, text), h("small", {}, detail || "–"));
  element.setAttribute("aria-label", `${where(target)}: ${state}, ${detail || "no calls"}${by ? `, by ${by}` : ""}`);
}
