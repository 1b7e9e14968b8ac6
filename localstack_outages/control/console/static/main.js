/** Puts the page together, and says how LocalStack does. */

import { byId, later, on, setAttribute, setText } from "./dom.js";
import { showFeed } from "./feed.js";
import { clock, plural } from "./format.js";
import { showGlance } from "./glance.js";
import { begin, host, live, onNews, setOrigin } from "./live.js";
import { showMap } from "./map.js";
import { showRules } from "./rules.js";
import { showTimeline } from "./timeline.js";

let restarts = 0;
/** @type {typeof import("./verdicts.js") | undefined} */
let verdicts;

function showConnection() {
  const { status, goneSince } = live;
  const isGone = goneSince !== null;
  const inForce = status?.rules.filter((rule) => rule.inForce).length ?? 0;
  document.body.classList.toggle("stale", isGone);
  byId("gone").hidden = !isGone;
  byId("anew").hidden = restarts === live.restarts;
  setText(byId("host"), host());
  document.title = isGone ? "no answer · Outages" : inForce ? `${live.servicesOut.size ? "✕" : "◐"} ${live.servicesOut.size || inForce} · Outages` : "Outages";
  setAttribute(byId("health"), "data-state", isGone ? "out" : inForce ? "degraded" : "up");
  setText(byId("health"), isGone ? "✕ no answer" : inForce ? `◐ ${plural(inForce, "rule")} in force` : "✓ no outage");
  if (isGone) setText(byId("gone"), `${host()} has not answered since ${clock(goneSince)}. What is shown is from before; the page asks again every second.`);
  if (!status) return;
  const delay = status.latencyMs ? ` · every call ${status.latencyMs} ms slower` : "";
  setText(byId("versions"), `${host() === "LocalStack" ? host() : "Gateway before"} ${status.localstack} · Outages ${status.version}${delay}`);
}

on("seen", "click", () => {
  restarts = live.restarts;
  byId("anew").hidden = true;
  byId("new-rule").focus();
});
on("internal", "change", ({ target }) => setOrigin(target.checked ? {} : { origin: "external" }));
// A choice acts at once: no form of this page is sent anywhere.
document.addEventListener("submit", (event) => event.preventDefault());
// The lists to complete from are asked for when they are first needed.
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLInputElement && target.list) later(import("./names.js"), ({ fillNames }) => fillNames());
});
showMap();
showGlance();
document.addEventListener("keydown", (event) => {
  const { target, key, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || !"/ne?".includes(key) || document.querySelector("dialog[open]")) return;
  if (target instanceof Element && target.matches("input, select, textarea")) return;
  event.preventDefault();
  later(import("./shortcuts.js"), ({ act }) => act(key));
});
onNews(() => {
  showConnection();
  const isEmpty = Boolean(live.status) && !live.places.size && !live.status?.rules.length;
  if (isEmpty && byId("welcome").hidden) later(import("./welcome.js"), ({ welcome }) => welcome());
  byId("welcome").hidden = !isEmpty;
  // How to show verdicts is loaded when there is one.
  if (!verdicts && live.verdicts?.verdicts.length) later(import("./verdicts.js"), (module) => {
    if (!verdicts) module.showVerdicts();
    verdicts = module;
  });
  // As are the hosts of a fleet, and how to show a scenario that runs.
  if (live.status?.fleet) later(import("./fleet.js"), ({ showFleet }) => showFleet());
  if (live.status?.rules.some(({ owner }) => owner?.startsWith("scenario "))) later(import("./runs.js"), ({ showRuns }) => showRuns());
});
// A list that somebody shared is shown before it is started.
const openShared = () => location.hash && later(import("./import.js"), ({ openImport, rulesInAddress }) => openImport(rulesInAddress()));
window.addEventListener("hashchange", openShared);
openShared();
showTimeline();
showRules();
showFeed();
begin();
