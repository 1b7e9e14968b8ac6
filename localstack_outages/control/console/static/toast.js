/** Tells what became of a click. */

import { byId, h } from "./dom.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/** @param {string} text to tell the user, also by a screen reader @param {boolean} [isWrong] @param {() => unknown} [undo] takes it back, if the user wants that */
export function say(text, isWrong = false, undo) {
  const toast = byId("toast");
  // A modal dialog covers the page, and hides it from screen readers.
  (document.querySelector("dialog[open]") ?? document.body).append(toast);
  toast.classList.toggle("wrong", isWrong);
  toast.hidden = false;
  toast.replaceChildren(text, ...(undo ? [" ", h("button", { type: "button", onclick: () => ((toast.hidden = true), undo()) }, "Undo")] : []));
  clearTimeout(fading);
  fading = setTimeout(() => (toast.hidden = true), isWrong || undo ? 12_000 : 5000);
}
