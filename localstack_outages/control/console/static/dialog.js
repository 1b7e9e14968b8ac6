/** Opens dialogs. */

import { byId, h } from "./dom.js";

const sheet = h("link", { rel: "stylesheet", href: "console/dialog.css" });
await new Promise((done) => {
  sheet.onload = sheet.onerror = done;
  document.head.append(sheet);
});

let lastDialog = 0;

/**
 * Open a dialog; it is gone when it is closed, and focus goes back to where it was.
 * @param {string} title
 * @param {...(Node | string | null)} children
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, ...children) {
  const id = `dialog-${++lastDialog}`;
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const close = h("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  const heading = h("h2", { id, tabIndex: -1 }, title);
  const dialog = h("dialog", { "aria-labelledby": id }, h("header", {}, heading, close), ...children);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    document.body.append(byId("toast"));
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  heading.focus();
  return dialog;
}
