/** The arrow keys on the map and in long lists. */

import { byId } from "./dom.js";

/** @typedef {import("./windowed.js").Windowed<any>} List */

/** @type {Record<string, [number, number]>} rows down and columns to the right */
const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

/** @param {string} key of the keyboard */
export function moveOnMap(key) {
  const [down, right] = MOVES[key];
  /** @type {any} */
  const cell = document.activeElement?.closest("#map td, #map th");
  if (cell) byId("map").rows[cell.parentElement.rowIndex + down]?.cells[cell.cellIndex + right]?.firstChild?.focus();
}

/** @param {List} list @param {string} key of the keyboard */
export function moveInList(list, key) {
  const last = list.items.length - 1;
  const at = list.items.findIndex((item) => list.key(item) === list.active);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[key] ?? at;
  focus(list, Math.min(last, Math.max(0, to)));
}

/** @param {List} list @param {number} index */
function focus(list, index) {
  const { box, height, items } = list;
  if (!items[index]) return;
  const top = index * height;
  box.scrollTop = Math.min(top, Math.max(box.scrollTop, top + height - box.clientHeight));
  const key = list.key(items[index]);
  list.activate(key);
  list.draw();
  list.rows.get(key)?.querySelector("button")?.focus({ preventScroll: true });
}
