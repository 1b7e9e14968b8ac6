/** The form by which a rule is added or edited. */

import * as api from "./api.js";
import { add, ANEW, message } from "./changes.js";
import { openDialog } from "./dialog.js";
import { h, say } from "./dom.js";
import { GROUPS, read, shapeOf, written } from "./fields.js";
import { where } from "./format.js";
import { live, refresh } from "./live.js";
import { fillNames, fillOperations } from "./names.js";
import { Changed, rewrite } from "./order.js";

/** @typedef {{part: Part, input: HTMLInputElement}} Entry */

/** @param {any} rule @param {string} path */
const valueAt = (rule, path) => path.split(".").reduce((value, key) => value?.[key], rule);

/** A field in the form: a shape to choose, its inputs, and what is wrong with them. */
class Row {
  /** @param {Field} field @param {Rule} rule */
  constructor(field, rule) {
    this.field = field;
    const id = `field-${field.path}`;
    this.error = h("p", { class: "error", id: `${id}-error`, hidden: true });
    this.inputs = h("span", { class: "inputs" });
    /** @type {Entry[]} */
    this.entries = [];
    const isChoice = field.shapes.length > 1;
    this.shape = h("select", { id }, ...field.shapes.map(({ name }) => h("option", {}, name)));
    this.shape.selectedIndex = shapeOf(field, valueAt(rule, field.path));
    this.shape.addEventListener("change", () => this.fill({}));
    this.element = h("div", { class: "field" },
      h("label", { for: isChoice ? id : `${id}-0` }, field.label),
      h("div", {}, h("span", { class: "inputs" }, isChoice ? this.shape : null, this.inputs),
        field.hint ? h("small", { id: `${id}-hint` }, field.hint) : null, this.error),
    );
    this.fill(rule);
  }

  /** @param {Rule} rule */
  fill(rule) {
    const { path, shapes, label } = this.field;
    const { name, parts } = shapes[Math.max(0, this.shape.selectedIndex)];
    this.entries = parts.map((part, index) => ({ part, input: makeInput(part, `field-${path}-${index}`, valueAt(rule, part.path)) }));
    this.inputs.replaceChildren(...this.entries.map(({ part, input }) => {
      if (this.field.hint) input.setAttribute("aria-describedby", `field-${path}-hint`);
      if (shapes.length === 1) return input;
      input.setAttribute("aria-label", `${label}: ${part.label}`);
      return name === part.label || !name ? input : h("span", { class: "part" }, part.label, input);
    }));
    this.complain("", "");
  }

  /** @param {Rule} rule write what stands here into a rule */
  write(rule) {
    const { path, shapes } = this.field;
    if (shapes[Math.max(0, this.shape.selectedIndex)].keys) rule[path] = {};
    for (const { part, input } of this.entries) {
      const value = read(part, input.value.trim());
      if (value === "" || (Array.isArray(value) && !value.length)) continue;
      const [field, key] = part.path.split(".");
      if (key) rule[field][key] = value;
      else rule[field] = value;
    }
  }

  /** @param {string} path @param {string} text what is wrong there; nothing where it is empty */
  complain(path, text) {
    this.error.hidden = !text;
    this.error.textContent = text;
    const exact = this.entries.some(({ part }) => part.path === path);
    for (const { part, input } of this.entries) {
      const isMeant = Boolean(text) && (!exact || part.path === path);
      input.setAttribute("aria-invalid", String(isMeant));
      if (isMeant) input.setAttribute("aria-errormessage", this.error.id);
    }
  }

  focus() {
    const details = this.element.closest("details");
    if (details) details.open = true;
    const wrong = this.entries.find(({ input }) => input.getAttribute("aria-invalid") === "true");
    (wrong?.input ?? this.shape).focus();
  }
}

/** @param {Part} part @param {string} id @param {any} value */
function makeInput(part, id, value) {
  const text = written(part, value);
  if (part.options) {
    const options = part.options.map((option) => h("option", { value: option }, option || "–"));
    const select = h("select", { id }, ...options);
    select.value = text || part.options[0];
    return select;
  }
  if (part.type === "area" || part.type === "steps") return h("textarea", { id, rows: 2, value: text, spellcheck: false });
  const list = part.list ? { list: part.list } : {};
  return h("input", { id, ...list, value: text, autocomplete: "off", spellcheck: false, inputMode: part.type === "number" ? "decimal" : "text" });
}

/**
 * @param {Rule} [rule] what stands in the form at first
 * @param {string} [id] of the rule that is edited; a new one is added where it is left out
 */
export function openForm(rule = {}, id) {
  void fillNames();
  let revision = live.status?.revision ?? 0;
  const rows = GROUPS.map(({ fields }) => fields.map((field) => new Row(field, rule)));
  const all = rows.flat();
  const isFirst = h("input", { type: "checkbox" });
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const form = h("form", { class: "rule", noValidate: true },
    ...GROUPS.map(({ title, isOpen }, index) => {
      const hasValue = GROUPS[index].fields.some(({ path }) => rule[path] !== undefined);
      return h("details", { open: isOpen || hasValue }, h("summary", {}, title), h("div", { class: "fields" }, ...rows[index].map((row) => row.element)));
    }),
    problem,
    id ? h("p", { class: "note" }, `Saving sets the whole list anew: ${ANEW}.`) : null,
    h("footer", {}, h("button", { class: "primary" }, id ? "Save" : "Start"), id ? null : h("label", {}, isFirst, " before all other rules")),
  );
  const [{ input: service }] = all[0].entries;
  const completeOperations = () => void fillOperations(service.value.trim());
  service.addEventListener("change", completeOperations);
  if (rule.service) completeOperations();

  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    /** @type {Rule} */
    const made = {};
    for (const row of all) row.write(made);
    for (const row of all) row.complain("", "");
    problem.hidden = true;
    try {
      await (id ? rewrite(revision, (rules) => rules.map((status) => (status.id === id ? made : status.rule))) : add([made], isFirst.checked));
      dialog.close();
      say(id ? `Saved: ${where(made)}` : `Started: ${where(made)}`);
      void refresh();
    } catch (error) {
      if (error instanceof Changed) {
        revision = live.status?.revision ?? 0;
        if (!live.status?.rules.some((status) => status.id === id)) id = undefined;
      }
      const faults = error instanceof api.Refused ? error.faults : [{ path: "", message: message(error) }];
      complain(faults);
    }
  });

  /** @param {ErrorPlace[]} faults */
  function complain(faults) {
    for (const { path, message } of faults) {
      const place = path.replace(/^\[\d+\]\.?/, "");
      const row = all.find(({ field }) => field.path === place.split(/[.[]/)[0]);
      row?.complain(place, message);
      if (!row) {
        problem.hidden = false;
        problem.textContent = `${place ? `${place}: ` : ""}${message}`;
      }
    }
    all.find((row) => !row.error.hidden)?.focus();
  }

  const dialog = openDialog(id ? `Edit ${id}` : "New rule", form);
  dialog.classList.add("wide");
  service.focus();
}
