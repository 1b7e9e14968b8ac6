/** The keys that work anywhere on the page. */

import { openDialog } from "./dialog.js";
import { byId, h } from "./dom.js";
import { openForm } from "./form.js";
import { askToClear } from "./questions.js";
import { live } from "./live.js";

/** @type {Record<string, [string, () => void]>} */
const KEYS = {
  "/": ["search the rules", () => byId("search").focus()],
  n: ["new rule", () => openForm()],
  e: ["end all outages", () => void (live.status?.rules.length && askToClear())],
  "?": ["show the keys", showKeys],
};

function showKeys() {
  openDialog("Keys", h("dl", {}, ...Object.entries(KEYS).flatMap(([key, [text]]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]),
    h("dt", {}, "arrows"), h("dd", {}, "move on the map, in lists and on the timeline"),
    h("dt", {}, "Esc"), h("dd", {}, "close a dialog, leave an enlarged timeline")));
}

/** @param {string} key */
export const act = (key) => KEYS[key]?.[1]();
