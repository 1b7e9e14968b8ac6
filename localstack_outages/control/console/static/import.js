/** Takes in a list of rules: as text, from a file, or from a link that somebody shared. */

import * as api from "./api.js";
import { addAndFind, carryOut, end, message } from "./changes.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { plural } from "./format.js";

const MARK = "#rules=";

/** @returns {string} the rules that the page's address carries; nothing where it carries none */
export function rulesInAddress() {
  if (!location.hash.startsWith(MARK)) return "";
  try {
    return JSON.stringify(api.parse(decodeURIComponent(location.hash.slice(MARK.length))), null, 2);
  } catch {
    return location.hash;
  }
}

/** @param {string} [text] rules as JSON */
export function openImport(text = "") {
  const area = h("textarea", { rows: 12, value: text, spellcheck: false, "aria-label": "Rules as JSON", placeholder: '[{"service": "s3", "region": "us-*"}]' });
  const file = h("input", { type: "file", accept: ".json,application/json", "aria-label": "Read a file" });
  const told = h("p", { class: "note", role: "status" });
  const button = h("button", { type: "button", class: "primary", disabled: true }, "Start these");
  /** @type {Rule[]} */
  let rules = [];
  let tries = 0;
  /** @param {string} words @param {boolean} isGood */
  const tell = (words, isGood) => {
    told.textContent = words;
    told.className = isGood || !area.value.trim() ? "note" : "error";
    button.disabled = !isGood;
  };
  const check = async () => {
    const own = ++tries;
    tell("", false);
    try {
      rules = [api.parse(area.value)].flat();
      await api.ask("outages?dryRun=true", "PATCH", rules);
      if (own === tries) tell(`${plural(rules.length, "rule")}, all valid.`, true);
    } catch (error) {
      if (own === tries) tell(error instanceof SyntaxError ? `not JSON: ${error.message}` : error instanceof api.Refused ? error.faults.map(({ path, message }) => `${path}: ${message}`).join("; ") : message(error), false);
    }
  };
  area.addEventListener("input", check);
  file.addEventListener("change", async () => {
    area.value = (await file.files?.[0]?.text()) ?? "";
    void check();
  });
  button.addEventListener("click", async () => {
    /** @type {RuleStatus[]} */
    let added = [];
    const isDone = await carryOut(async () => (added = await addAndFind(rules)), `Started ${plural(rules.length, "rule")}`, () => end(added));
    if (isDone) dialog.close();
  });
  const dialog = openDialog("Import rules", h("p", {}, "They are added to the list; those that are there already go on."), area, h("p", {}, file), told, h("footer", {}, button));
  if (text) void check();
  area.focus();
}
