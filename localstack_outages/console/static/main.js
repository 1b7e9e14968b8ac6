/** Puts the page together, and says how LocalStack does. */

import { byId, on, setAttribute, setText } from "./dom.js";
import { showFeed } from "./feed.js";
import { clock, plural } from "./format.js";
import { begin, live, onNews } from "./live.js";
import { showMap } from "./map.js";
import { showRules } from "./rules.js";
import { showTimeline } from "./timeline.js";
import { showVerdicts } from "./verdicts.js";

let restarts = 0;

function showConnection() {
  const { status, goneSince } = live;
  const isGone = goneSince !== null;
  const inForce = status?.rules.filter((rule) => rule.inForce).length ?? 0;
  document.body.classList.toggle("stale", isGone);
  byId("gone").hidden = !isGone;
  byId("anew").hidden = restarts === live.restarts;
  setAttribute(byId("health"), "data-state", isGone ? "out" : inForce ? "degraded" : "up");
  setText(byId("health"), isGone ? "✕ no answer" : inForce ? `◐ ${plural(inForce, "rule")} in force` : "✓ no outage");
  if (isGone) setText(byId("gone"), `LocalStack has not answered since ${clock(goneSince)}. What is shown is from before; the page asks again every second.`);
  if (!status) return;
  const delay = status.latencyMs ? ` · every call ${status.latencyMs} ms slower` : "";
  setText(byId("versions"), `LocalStack ${status.localstack} · Outages ${status.version}${delay}`);
}

on("seen", "click", () => {
  restarts = live.restarts;
  byId("anew").hidden = true;
  byId("new-rule").focus();
});
// A choice acts at once: no form of this page is sent anywhere.
document.addEventListener("submit", (event) => event.preventDefault());
// The lists to complete from are asked for when they are first needed.
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLInputElement && target.list) void import("./names.js").then(({ fillNames }) => fillNames(), () => undefined);
});
onNews(showConnection);
showMap();
showRules();
showTimeline();
showFeed();
showVerdicts();
begin();
