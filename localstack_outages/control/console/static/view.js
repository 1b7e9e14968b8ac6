/** What the page is narrowed to: one of the figures on top, or nothing. */

import { later } from "./dom.js";

const EVERYTHING = { takesVerdict: () => true, takesPlace: () => true, takesCall: () => true, takesRule: () => true };

/** @type {View} what the parts of the page ask before they show something */
export const view = { name: "", ...EVERYTHING };

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Record<string, () => Partial<View>> | undefined} */
let figures;

/** @param {() => void} listener called when the page is narrowed to something else */
export const onView = (listener) => listeners.add(listener);

/** @param {string} name of a figure; nothing for the whole page */
export const narrow = (name) => later(import("./figures.js"), ({ FIGURES }) => {
  figures = FIGURES;
  view.name = name;
  follow();
  for (const listener of listeners) listener();
});

/** Find out anew what belongs to the figure: it changes with what happens. */
export const follow = () => void Object.assign(view, EVERYTHING, figures?.[view.name]?.());
