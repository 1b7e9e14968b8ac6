/** The line on top: is the application coping? Each figure narrows the page to what it counts. */

import { byId, h, on, setAttribute, setText } from "./dom.js";
import { ms } from "./format.js";
import { readSummary } from "./judged.js";
import { live, MINUTE_MS, now, onNews } from "./live.js";
import { follow, narrow, onView, view } from "./view.js";

/** @type {Record<string, HTMLButtonElement>} */
const buttons = {};

export function showGlance() {
  for (const name of ["out", "failed", "recovered", "neverRetried", "amplified"])
    buttons[name] = h("button", { type: "button", "aria-pressed": "false", onclick: () => narrow(view.name === name ? "" : name) }, h("b"), h("span"));
  byId("glance").prepend(...Object.values(buttons));
  on("all", "click", () => narrow(""));
  onNews(() => (follow(), draw()));
  onView(draw);
}

/** How many calls rules failed in the last minute. */
function failedLately() {
  const since = now() - MINUTE_MS;
  let sum = 0;
  for (const [second, failed] of live.failed) if (second > since) sum += failed;
  return sum;
}

function draw() {
  const { servicesOut } = live;
  const { endings, flags, recoveryP95, amplification } = readSummary(live.verdicts);
  const failed = failedLately();
  const recovered = endings.recovered ?? 0, never = flags.neverRetried ?? 0;
  show("out", String(servicesOut.size), servicesOut.size === 1 ? "service out" : "services out", servicesOut.size ? "out" : "");
  show("failed", failed.toLocaleString("en"), `call${failed === 1 ? "" : "s"} failed in the last minute`, failed ? "out" : "");
  show("recovered", recovered.toLocaleString("en"), recovered ? `recovered, p95 ${ms(recoveryP95)}` : "recovered", recovered ? "up" : "");
  show("neverRetried", never.toLocaleString("en"), "never retried", never ? "degraded" : "");
  show("amplified", `${amplification.toFixed(1)}×`, "amplification", amplification >= 2 ? "degraded" : "");
  byId("all").hidden = !view.name;
}

/** @param {string} name @param {string} figure @param {string} text @param {string} state */
function show(name, figure, text, state) {
  const button = buttons[name];
  const [number, words] = /** @type {any} */ (button.children);
  setText(number, figure);
  setText(words, ` ${text}`);
  setAttribute(button, "data-state", state);
  setAttribute(button, "aria-pressed", String(view.name === name));
}
