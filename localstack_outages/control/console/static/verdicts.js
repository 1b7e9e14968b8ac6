/** What clients made of the faults, by operation; those with a flag come first. */

import { around, byId, later, on, setText } from "./dom.js";
import { clock, plural } from "./format.js";
import { countsInWords, inWords, groupByOperation, readSummary, readVerdict } from "./judged.js";
import { live, onNews } from "./live.js";
import { onView, view } from "./view.js";
import { makeRow, Windowed } from "./windowed.js";

/** @typedef {{key: string, group: Group, judged: Judged | null}} Line a group's head, or one verdict */

/** @type {Set<string>} the names of the groups that show their verdicts */
const unfolded = new Set();

/** @param {Group} group @returns {Line[]} a group of one is its verdict */
function linesOf(group) {
  const { name, all } = group;
  const lines = all.map((judged) => ({ key: judged.key, group, judged }));
  if (all.length === 1) return lines;
  return [{ key: name, group, judged: null }, ...(unfolded.has(name) ? lines : [])];
}

export function showVerdicts() {
  const list = new Windowed(byId("verdicts"), (/** @type {Line} */ { key }) => key, makeRow, updateRow);
  const draw = () => {
    if (!live.verdicts) return;
    const { calls, endings } = readSummary(live.verdicts);
    const all = live.verdicts.verdicts.map(readVerdict);
    const shown = all.filter(view.takesVerdict);
    const rest = calls > all.length ? `; below, the newest ${all.length}` : "";
    setText(byId("summary"), calls ? `${plural(calls, "call")}: ${countsInWords(endings)}${rest}` : "");
    list.set(groupByOperation(shown).flatMap(linesOf));
    setText(byId("verdicts-empty"), all.length ? "None of these." : "No call to judge: a rule has touched none yet.");
    byId("verdicts-empty").hidden = shown.length > 0;
  };
  on("verdicts", "click", (event) => {
    const key = around(event, "[data-key]")?.dataset.key;
    const line = list.items.find((item) => item.key === key);
    if (!line) return;
    const { judged, group } = line;
    if (judged) later(import("./verdict.js"), ({ openVerdict }) => openVerdict(judged));
    else if (!unfolded.delete(group.name)) unfolded.add(group.name);
    draw();
  });
  onNews(draw);
  onView(draw);
  draw();
}

/** @param {HTMLElement} row @param {Line} line */
function updateRow(row, { group, judged }) {
  const [name, text, state, numbers] = row.querySelectorAll("b, small");
  const button = row.querySelector("button");
  const flags = judged ? judged.flags.map(inWords).join(", ") : countsInWords(group.flags);
  const isAlone = group.all.length === 1;
  row.classList.toggle("inner", !isAlone && judged !== null);
  text.classList.toggle("warning", Boolean(flags));
  row.dataset.state = judged ? judged.ending : group.endings.failed ? "failed" : group.endings.recovered || group.endings.succeeded ? "recovered" : "open";
  if (judged) {
    button?.removeAttribute("aria-expanded");
    setText(name, isAlone ? group.name : judged.said);
    setText(text, `${flags ? `⚠ ${flags} · ` : ""}${clock(judged.begin)} · ${judged.region} · ${judged.client}`);
    setText(state, isAlone ? judged.said : judged.got);
    setText(numbers, `${isAlone ? `${judged.got} · ` : ""}${judged.ruleIds.join(", ")}`);
    return;
  }
  const isOpen = unfolded.has(group.name);
  button?.setAttribute("aria-expanded", String(isOpen));
  setText(name, `${isOpen ? "▾" : "▸"} ${group.name}`);
  setText(text, flags ? `⚠ ${flags}` : "no flag");
  setText(state, countsInWords(group.endings));
  setText(numbers, `${plural(group.all.length, "call")} · ${group.regions.length > 2 ? plural(group.regions.length, "region") : group.regions.join(", ")}`);
}
