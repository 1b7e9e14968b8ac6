/** What the buttons of the list of rules do. */

import { end, start } from "./changes.js";
import { around, later } from "./dom.js";
import { openForm } from "./form.js";
import { isThere } from "./format.js";
import { openImport } from "./import.js";
import { find, live } from "./live.js";
import { askToClear } from "./questions.js";
import { openCopies, openRule } from "./rule.js";

/** @type {Record<string, (event: Event) => void>} by the id of what was clicked */
export const ACTIONS = {
  scenarios: () => later(import("./gallery.js"), ({ openGallery }) => openGallery()),
  "new-rule": () => openForm(),
  clear: askToClear,
  "copy-all": () => openCopies((live.status?.rules ?? []).map(({ rule }) => rule)),
  import: () => openImport(),
  rules: (event) => {
    const status = find(around(event, "[data-key]")?.dataset.key);
    if (!status) return;
    if (!around(event, ".act")) openRule(status);
    else if (isThere(status)) void end([status]);
    else void start(status.rule);
  },
};
