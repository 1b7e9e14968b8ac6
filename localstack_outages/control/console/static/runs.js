/** The scenarios that run: how far each is, what comes next, and how to end it. */

import * as api from "./api.js";
import { carryOut } from "./changes.js";
import { byId, h, setAttribute, setText } from "./dom.js";
import { live, onNews } from "./live.js";
import { makeBars, span } from "./phases.js";

/** @returns {Promise<ScenariosDocument>} */
export const scenarios = () => api.ask("outages/scenarios");

/** Where the runs are shown; the gallery borrows it. */
export const box = h("div", { class: "runs", hidden: true });

/** @typedef {{status: ScenarioStatus, seenAt: number, element: HTMLElement, show: () => void}} Run */

/** @type {Map<string, Run>} by the owners of their rules */
const runs = new Map();
let seen = "";
let isAsking = false;

/** @param {string} name @param {string} owner */
const pathOf = (name, owner) => `outages/scenarios/${name}?${new URLSearchParams({ owner })}`;

/** @param {ScenarioStatus} status */
export const stop = ({ name, owner }) => carryOut(() => api.ask(pathOf(name, owner), "DELETE"), `Stopped: ${name}`);

/** Seconds since a run has started. @param {Run} run */
const elapsed = ({ status, seenAt }) => status.startedAgo + (performance.now() - seenAt) / 1000;

/** @param {Run} run */
const isOver = (run) => elapsed(run) > run.status.startedAgo + run.status.timeLeft;

/** @param {ScenarioStatus} status @returns {Run} */
function makeRun(status) {
  const { name, title, owner, speed, phases } = status;
  const length = Math.max(...phases.map(({ at, length }) => at + length));
  const { box: axis, bars } = makeBars(phases, length, true);
  const cursor = h("i", { class: "now" });
  axis.append(cursor);
  const now = h("span", { role: "status" }), left = h("span", { class: "dim" });
  const details = [status.phase ? `the phase ${status.phase} alone` : "", speed === 1 ? "" : `speed ${speed}`, owner === `scenario ${name}` ? "" : `of ${owner}`];
  const element = h("section", { class: "run", "aria-label": `Scenario ${name}` },
    h("header", {}, h("span", {}, h("b", {}, `▶ ${name}`), h("span", { class: "dim" }, [title, ...details].filter(Boolean).join(" · "))),
      h("span", { class: "actions" }, h("button", { type: "button", class: "danger", "aria-label": `Stop ${name}`, onclick: () => void stop(status) }, "Stop"))),
    axis, h("p", {}, now, " ", left));
  const run = { status, seenAt: performance.now(), element, show };
  return run;

  function show() {
    const time = elapsed(run);
    cursor.style.left = `${Math.min(100, (100 * time) / length)}%`;
    const active = phases.filter(({ at, length }) => at <= time && time < at + length);
    const next = phases.find(({ at }) => at > time);
    phases.forEach(({ at, length }, index) => setAttribute(bars[index], "data-now", at > time ? "waiting" : time < at + length ? "active" : "ended"));
    setText(now, active.length ? active.map(({ name, text }) => `${name}: ${text}`).join(" ") : "Between two phases.");
    const end = Math.min(...active.map(({ at, length }) => at + length));
    const isThen = next && active.length === 1 && Math.abs(next.at - end) < 0.5;
    setText(left, [
      active.length && !isThen && (next || active.length > 1) ? `${active.length > 1 ? "the first ends" : "ends"} in ${span(end - time)}` : "",
      next ? `${isThen ? "then" : "next is"} ${next.name}, in ${span(next.at - time)}` : "",
      `over in ${span(Math.max(0, run.status.startedAgo + run.status.timeLeft - time))}`,
    ].filter(Boolean).join(" · "));
  }
}

/** @param {Run | undefined} run @param {ScenarioStatus} status whether it is of that run, which keeps its element then, and with it the focus */
const isOf = (run, status) =>
  run && ["name", "speed", "phase"].every((key) => /** @type {any} */ (run.status)[key] === /** @type {any} */ (status)[key]) && Math.abs(elapsed(run) - status.startedAgo) < 1;

/** @param {ScenarioStatus[]} running */
function take(running) {
  const before = new Map(runs);
  runs.clear();
  for (const status of running) {
    const known = before.get(status.owner);
    const run = known && isOf(known, status) ? Object.assign(known, { status, seenAt: performance.now() }) : makeRun(status);
    runs.set(status.owner, run);
  }
  const shown = [...runs.values()].map(({ element }) => element);
  if (shown.length !== box.children.length || shown.some((element) => element.parentElement !== box)) box.replaceChildren(...shown);
  box.hidden = !shown.length;
}

async function follow() {
  const owned = (live.status?.rules ?? []).filter(({ owner }) => owner).map(({ id }) => id);
  // Asked again when rules have come or gone; in between the time alone goes on.
  const key = [live.status?.instance, ...owned].join(" ");
  if (!isAsking && (key !== seen || [...runs.values()].some(isOver))) {
    isAsking = true;
    const answer = await scenarios().catch(() => null);
    isAsking = false;
    if (answer) {
      seen = key;
      take(answer.running);
    }
  }
  for (const run of runs.values()) run.show();
}

/** Show them from now on. */
export function showRuns() {
  if (box.isConnected) return;
  byId("glance").after(box);
  onNews(follow);
  void follow();
}
