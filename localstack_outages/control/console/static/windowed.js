/** A long list of rows of equal height, of which only those in sight are in the page. */

import { around, h } from "./dom.js";
import { moveInList } from "./keys.js";

const OVERSCAN = 4;

/** @param {...Node} more cells @returns {HTMLElement} */
export const makeRow = (...more) =>
  h("div", { role: "row", class: "row" },
    h("span", { role: "gridcell", class: "what" }, h("button", { type: "button" }, h("b"), h("small"))),
    h("span", { role: "gridcell", class: "state" }, h("b"), h("small")), ...more);

/**
 * The arrow keys move from row to row. Of all buttons, only those of one row are in the tab order.
 * @template T
 */
export class Windowed {
  /**
   * @param {HTMLElement} box scrolls, and has the role `grid`
   * @param {(item: T) => string} key
   * @param {() => HTMLElement} create
   * @param {(row: HTMLElement, item: T) => void} update
   */
  constructor(box, key, create, update) {
    this.box = box;
    this.key = key;
    this.create = create;
    this.update = update;
    /** @type {T[]} */
    this.items = [];
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.height = 40;
    this.active = "";
    this.inner = h("div", { role: "rowgroup", class: "rows" });
    box.append(this.inner);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    box.addEventListener("keydown", (event) => {
      if (!/^(Arrow(Up|Down)|Home|End)$/.test(event.key)) return;
      event.preventDefault();
      moveInList(this, event.key);
    });
    box.addEventListener("focusin", (event) => this.activate(around(event, "[data-key]")?.dataset.key ?? ""));
    new ResizeObserver(() => this.draw()).observe(box);
  }

  /** @param {T[]} items */
  set(items) {
    const { box, height } = this;
    // What is looked at stays where it is when rows come in above it.
    const top = Math.floor(box.scrollTop / height);
    const seen = box.scrollTop && this.items[top] ? this.key(this.items[top]) : null;
    const at = seen === null ? -1 : items.findIndex((item) => this.key(item) === seen);
    this.items = items;
    this.draw(true);
    if (at >= 0 && at !== top) box.scrollTop += (at - top) * height;
  }

  /** @param {boolean} [isNew] whether rows have to be updated */
  draw(isNew = false) {
    const { box, items, rows, inner } = this;
    const { height } = this;
    box.setAttribute("aria-rowcount", String(items.length));
    inner.style.height = `${items.length * height}px`;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - OVERSCAN);
    const shown = items.slice(first, Math.ceil((box.scrollTop + box.clientHeight) / height) + OVERSCAN);
    const wanted = new Set(shown.map(this.key));
    const focused = box.contains(document.activeElement) && this.active;
    let isLost = false;
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      // A row that has the focus keeps it where it stands now, however far away.
      const at = key === focused ? items.findIndex((item) => this.key(item) === key) : -1;
      if (at >= 0) {
        this.place(items[at], at, isNew);
        continue;
      }
      isLost ||= key === focused;
      row.remove();
      rows.delete(key);
    }
    if ((!focused || isLost) && shown.length) this.active = this.key(shown[0]);
    let next = inner.firstElementChild;
    shown.forEach((item, index) => {
      const row = this.place(item, first + index, isNew);
      if (row === next) next = next.nextElementSibling;
      else inner.insertBefore(row, next);
    });
    if (isLost) rows.get(this.active)?.querySelector("button")?.focus({ preventScroll: true });
    const tall = inner.firstElementChild?.offsetHeight || height;
    if (tall !== height) {
      this.height = tall;
      this.draw();
    }
  }

  /** @param {T} item @param {number} index @param {boolean} isNew */
  place(item, index, isNew) {
    const key = this.key(item);
    const known = this.rows.get(key);
    const row = known ?? this.create();
    row.dataset.key = key;
    this.rows.set(key, row);
    if (isNew || !known) this.update(row, item);
    row.style.transform = `translateY(${index * this.height}px)`;
    row.setAttribute("aria-rowindex", String(index + 1));
    this.setTabIndex(row, key);
    return row;
  }

  /** @param {HTMLElement} row @param {string} key */
  setTabIndex(row, key) {
    for (const button of row.querySelectorAll("button")) button.tabIndex = key === this.active ? 0 : -1;
  }

  /** @param {string} key */
  activate(key) {
    this.active = key;
    for (const [other, row] of this.rows) this.setTabIndex(row, other);
  }
}
