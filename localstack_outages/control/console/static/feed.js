/** The feed: the calls that rules touched, as they come. */

import { stream } from "./api.js";
import { around, byId, later, on, setText } from "./dom.js";
import { clock, ms, plural } from "./format.js";
import { matches } from "./glob.js";
import { live, onNews } from "./live.js";
import { onView, view } from "./view.js";
import { makeRow, Windowed } from "./windowed.js";

const KEPT = 10_000;
const DRAW_EVERY_MS = 200;

/** @type {Call[]} oldest first */
let calls = [];
/** @type {EventSource | null} */
let source = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let due;
let restarts = 0;
/** Later calls wait to be shown. */
let pausedAt = Infinity;

const lastSequence = () => calls.at(-1)?.sequence ?? 0;

export function showFeed() {
  const list = new Windowed(byId("feed"), (/** @type {Call} */ call) => String(call.sequence), makeRow, updateRow);
  const filter = byId("feed-filter");
  const pause = byId("pause");
  const draw = () => {
    due = undefined;
    const [service, region] = ["service", "region"].map((name) => filter.elements[name].value.trim() || "*");
    const shown = calls.filter((call) =>
      call.sequence <= pausedAt && view.takesCall(call) && matches(service, call.service) && matches(region, call.region));
    list.set(shown.reverse());
    byId("feed-empty").hidden = shown.length > 0;
    setText(pause, pausedAt < Infinity ? `Go on (${plural(lastSequence() - pausedAt, "new call")})` : "Pause");
    setText(byId("feed-count"), plural(shown.length, "call"));
  };
  const drawSoon = () => (due ??= setTimeout(draw, DRAW_EVERY_MS));

  on("feed-filter", "input", drawSoon);
  on("pause", "click", () => {
    pausedAt = pausedAt < Infinity ? Infinity : lastSequence();
    pause.setAttribute("aria-pressed", String(pausedAt < Infinity));
    draw();
  });
  on("feed", "click", (event) => {
    const key = around(event, "[data-key]")?.dataset.key;
    const call = calls.find(({ sequence }) => String(sequence) === key);
    if (call) later(import("./call.js"), ({ openCall }) => openCall(call));
  });
  onView(draw);
  onNews(() => {
    listen(drawSoon);
    if (view.name) drawSoon(); // what belongs to a figure changes without a new call
  });
}

/** @param {() => void} drawSoon */
function listen(drawSoon) {
  const isAnew = restarts !== live.restarts;
  if (isAnew) calls = [];
  restarts = live.restarts;
  if (live.goneSince || (source && !isAnew && source.readyState !== EventSource.CLOSED)) return;
  source?.close();
  source = stream();
  source.addEventListener("call", (event) => {
    const call = JSON.parse(event.data);
    if (call.sequence <= lastSequence()) return;
    calls.push(call);
    if (calls.length > KEPT * 1.1) calls = calls.slice(-KEPT);
    drawSoon();
  });
  drawSoon();
}

/** @param {HTMLElement} row @param {Call} call */
function updateRow(row, { time, service, operation, region, outcome, errorCode, statusCode, injected, ruleId, durationMs, client }) {
  const [name, text, state, numbers] = row.querySelectorAll("b, small");
  const attempt = client.attempt ? ` · attempt ${client.attempt}${client.maxAttempts ? ` of ${client.maxAttempts}` : ""}` : "";
  row.dataset.state = outcome;
  setText(name, `${service}.${operation}`);
  setText(text, `${clock(time)} · ${region}${attempt}`);
  const failed = injected.connection ? `connection ${injected.connection}` : `${statusCode ?? ""} ${errorCode ?? ""}`;
  const changed = injected.partial ? `${injected.partial.failed} of ${injected.partial.of} entries failed` : injected.listing ? `${injected.listing} page` : "";
  const told = outcome === "ok" ? changed || (injected.delayMs ? "slowed" : "ok") : failed.trim();
  setText(state, injected.done ? `done, then ${told}` : told);
  setText(numbers, `${ms(durationMs)}${ruleId ? ` · ${ruleId}` : ""}`);
}
