/** The gallery of scenarios: what each is like, how it is started, and those that run. */

import * as api from "./api.js";
import { carryOut, message } from "./changes.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { plural } from "./format.js";
import { makeBar, makeBars, servicesInWords, span } from "./phases.js";
import { box as runs, scenarios, showRuns, stop } from "./runs.js";

const SPEEDS = [1, 6, 60, 600, 6000];
/** A scenario is offered at the least speed at which it is over by then, seconds. */
const LONG_SECONDS = 600;
/** Seconds between the ticks of the time axis. */
const STEPS = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400];
const MOST_TICKS = 6;

/** @param {string} name @returns {string} the day of a real incident, which is called by it */
const dayOf = (name) => /^aws-(\d{4}-\d\d-\d\d)/.exec(name)?.[1] ?? "";

/** @param {ScenarioOutline} scenario */
const kindOf = ({ name }) => (dayOf(name) ? "incident" : "drill");

/** @param {ScenarioOutline["phases"]} phases */
const servicesOf = (phases) => [...new Set(phases.flatMap(({ services }) => services))].sort();

/** @param {ScenarioOutline} scenario @returns {HTMLDetailsElement} */
function makeCard(scenario) {
  const { name, title, length, phases } = scenario;
  const { box } = makeBars(phases, length);
  const facts = [name, span(length), plural(phases.length, "phase")];
  const card = h("details", { name: "scenario" },
    h("summary", {}, h("b", {}, title), h("small", {}, h("span", { class: "kind" }, kindOf(scenario)), facts.join(" · ")), box));
  // All that is below is made when it is first looked at.
  card.addEventListener("toggle", () => {
    if (!card.open) return;
    if (card.children.length === 1) card.append(makeBody(scenario));
    card.scrollIntoView({ block: "start" });
  });
  return card;
}

/** @param {ScenarioOutline} scenario */
function makeBody({ name, summary, length, phases }) {
  const step = STEPS.find((seconds) => length / seconds <= MOST_TICKS) ?? length;
  const ticks = Array.from({ length: Math.ceil(length / step) }, (_, index) => {
    const tick = h("span", {}, index ? span(step * index) : "0");
    tick.style.left = `${(100 * step * index) / length}%`;
    return tick;
  });
  const lines = phases.map((phase) => {
    const { name, at, length: lasts, text, services } = phase;
    return h("li", {},
      h("b", {}, name), h("small", {}, `${at ? `after ${span(at)}` : "at once"}, for ${span(lasts)}`), h("small", {}, servicesInWords(services)),
      h("span", { class: "said" }, text, h("span", { class: "track", "aria-hidden": "true" }, makeBar(phase, length))));
  });
  const sources = h("ul", {});
  void showSources(name, sources);
  return h("div", { class: "body" },
    summary ? h("p", {}, summary) : null, ...makeStart(name, length, phases),
    h("div", {}, h("div", { class: "ticks", "aria-hidden": "true" }, ...ticks), h("ol", { class: "phases" }, ...lines)),
    sources);
}

/** @param {string} name @param {HTMLElement} list */
async function showSources(name, list) {
  const { scenario } = await api.ask(`outages/scenarios/${name}`).catch(() => ({ scenario: {} }));
  const sources = /** @type {string[]} */ (scenario.sources ?? []);
  const hasInferred = scenario.phases?.some((/** @type {any} */ phase) => phase.inferred);
  list.replaceChildren(
    ...sources.map((url) => h("li", {}, /^https?:/.test(url) ? h("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : url)),
    ...(hasInferred ? [h("li", { class: "dim" }, "What sources do not say, such as error codes and shares of calls, is our choice.")] : []));
}

/** @param {string} name @param {number} length @param {ScenarioOutline["phases"]} phases @returns {HTMLElement[]} what starts it */
function makeStart(name, length, phases) {
  const phase = h("select", {}, h("option", { value: "" }, "all phases"), ...phases.map(({ name }) => h("option", {}, name)));
  const speed = h("select");
  const command = h("code");
  const follow = () => {
    const takes = phases.find((one) => one.name === phase.value)?.length ?? length;
    const chosen = speed.value || String(SPEEDS.find((by) => takes / by <= LONG_SECONDS) ?? SPEEDS.at(-1));
    speed.replaceChildren(...SPEEDS.map((by) => h("option", { value: String(by) }, `${by === 1 ? "as it was" : `${by} times as fast`}: ${span(takes / by)}`)));
    speed.value = chosen;
    command.textContent = `localstack-outages scenario run ${name}${phase.value && ` --phase ${phase.value}`}${chosen === "1" ? "" : ` --speed ${chosen}`}`;
  };
  phase.addEventListener("change", () => (speed.replaceChildren(), follow()));
  speed.addEventListener("change", follow);
  follow();
  const start = async (/** @type {Event} */ event) => {
    const dialog = /** @type {HTMLElement} */ (event.target).closest("dialog");
    const wanted = { name, speed: Number(speed.value), ...(phase.value ? { phase: phase.value } : {}) };
    /** @type {ScenarioStatus | undefined} */
    let status;
    const isDone = await carryOut(async () => (status = await api.ask("outages/scenarios", "POST", wanted)),
      `Started: ${name}${phase.value && `, ${phase.value}`}`, () => status && stop(status));
    if (isDone) dialog?.close();
  };
  return [
    h("div", { class: "act" },
      h("label", {}, "Play ", phase), h("label", {}, "Speed ", speed),
      h("button", { type: "button", class: "primary", onclick: start }, "Start")),
    h("p", { class: "dim" }, "Only starts and lengths of phases change with the speed. The same from a shell: ", command),
  ];
}

export async function openGallery() {
  showRuns();
  const list = h("div", { class: "gallery" });
  const told = h("p", { class: "note", role: "status" }, "asking …");
  const search = h("input", { type: "search", "aria-label": "Search the scenarios", placeholder: "search", autocomplete: "off" });
  const kind = h("select", { "aria-label": "Kind" }, ...Object.entries({ all: "all kinds", incident: "incidents of AWS", drill: "drills" }).map(([value, text]) => h("option", { value }, text)));
  const dialog = openDialog("Scenarios",
    h("p", {}, "A scenario plays an outage that develops, phase by phase. Its rules go before all others, and end by themselves."),
    h("p", { class: "inputs" }, search, kind), told, list);
  dialog.classList.add("wide");
  const home = runs.previousElementSibling;
  dialog.querySelector("header")?.after(runs);
  dialog.addEventListener("close", () => home?.after(runs));
  let answer;
  try {
    answer = await scenarios();
  } catch (error) {
    told.textContent = message(error);
    return;
  }
  // The drills are what one starts with; of incidents, the newest first.
  const sorted = [...answer.scenarios].sort((a, b) => (dayOf(b.name) || "9").localeCompare(dayOf(a.name) || "9") || (a.name < b.name ? -1 : 1));
  const cards = sorted.map((scenario) => {
    const words = [scenario.name, scenario.title, scenario.summary ?? "", ...servicesOf(scenario.phases), ...scenario.phases.map(({ text }) => text)];
    return { card: makeCard(scenario), kind: kindOf(scenario), text: words.join(" ").toLowerCase() };
  });
  list.append(...cards.map(({ card }) => card));
  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const { card, kind: its, text } of cards) {
      card.hidden = (kind.value !== "all" && kind.value !== its) || !words.every((/** @type {string} */ word) => text.includes(word));
      count += card.hidden ? 0 : 1;
    }
    told.textContent = `${count} of ${cards.length}`;
  };
  search.addEventListener("input", narrow);
  kind.addEventListener("change", narrow);
  narrow();
}
