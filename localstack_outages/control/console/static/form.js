/** The form by which a rule is added or edited. */

import * as api from "./api.js";
import { addAndFind, change, Changed, end, message } from "./changes.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { GROUPS } from "./fields.js";
import { plural, rate, where } from "./format.js";
import { isGlob, matches } from "./glob.js";
import { live, RECENT_SECONDS, refresh } from "./live.js";
import { fillNames, fillOperations, names } from "./names.js";
import { makeSentence } from "./sentence.js";
import { read, shapeOf, written } from "./shapes.js";
import { say } from "./toast.js";

/** The title of the group that is closed at first. */
const SELDOM = "More";

/** So long after the last key a rule is checked, milliseconds. */
const CHECK_AFTER_MS = 300;

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
    // At once, before anybody reads the form: the inputs are those of the shape.
    this.shape.addEventListener("input", () => this.fill({}));
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

  /** @param {Rule} rule show its value */
  show(rule) {
    this.shape.selectedIndex = shapeOf(this.field, valueAt(rule, this.field.path));
    this.fill(rule);
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
    for (let details = this.element.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
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
  if (part.type === "area" || part.type === "headers" || part.type === "steps") return h("textarea", { id, rows: 2, value: text, spellcheck: false });
  const list = part.list ? { list: part.list } : {};
  return h("input", { id, ...list, value: text, autocomplete: "off", spellcheck: false, inputMode: part.type === "number" ? "decimal" : "text" });
}

/**
 * @param {Rule} [rule] what stands in the form at first
 * @param {RuleStatus} [seen] the rule that is edited; a new one is added where it is left out
 */
export function openForm(rule = {}, seen) {
  void fillNames();
  const id = seen?.id;
  const rows = GROUPS.map(({ fields }) => fields.map((field) => new Row(field, rule)));
  const all = rows.flat();
  const isFirst = h("input", { type: "checkbox" });
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const told = h("p", { class: "note", role: "status" });
  const readRule = () => {
    /** @type {Rule} */
    const made = {};
    for (const row of all) row.write(made);
    return made;
  };
  const sentence = makeSentence(readRule, (changes) => {
    for (const row of all) if (row.field.path in changes) row.show({ [row.field.path]: changes[row.field.path] });
    sentence.follow();
    checkSoon();
  });
  const fields = h("details", { class: "all", open: Boolean(seen) }, h("summary", {}, "All fields"),
    ...GROUPS.map(({ title }, index) => {
      const hasValue = GROUPS[index].fields.some(({ path }) => rule[path] !== undefined);
      return h("details", { open: title !== SELDOM || hasValue }, h("summary", {}, title), h("div", { class: "fields" }, ...rows[index].map((row) => row.element)));
    }),
  );
  const form = h("form", { class: "rule", noValidate: true }, sentence.element, told, fields,
    problem,
    id ? h("p", { class: "note" }, "When it is saved, its own hits, budget and time start anew.") : null,
    h("footer", {}, h("button", { class: "primary" }, id ? "Save" : "Start"), id ? null : h("label", {}, isFirst, " before all other rules")),
  );
  const [{ input: service }] = all[0].entries;
  const completeOperations = () => void fillOperations(service.value.trim());
  for (const input of [service, sentence.service]) input.addEventListener("change", completeOperations);
  if (rule.service) completeOperations();

  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const made = readRule();
    forget();
    problem.hidden = true;
    try {
      /** @type {RuleStatus[]} */
      let added = [];
      if (seen) await change(seen, "PUT", () => made);
      else added = await addAndFind([made], isFirst.checked);
      dialog.close();
      if (id) say(`Saved: ${where(made)}`);
      else say(`Started: ${where(made)}`, false, added.length ? () => end(added) : undefined);
      void refresh();
    } catch (error) {
      // The message has told what the rule is now; one that has ended is added anew the next time.
      if (error instanceof Changed) seen = live.status?.rules.find((status) => status.id === id);
      const faults = error instanceof api.Refused ? error.faults : [{ path: "", message: message(error) }];
      complain(faults);
    }
  });

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  let checks = 0;

  /** Take back what was complained about. */
  function forget() {
    clearTimeout(due);
    checks++;
    for (const row of all) row.complain("", "");
  }

  /** Have the server look at the rule while it is typed: nothing changes by that. */
  function checkSoon() {
    forget();
    due = setTimeout(check, CHECK_AFTER_MS);
  }

  async function check() {
    const own = ++checks, made = readRule();
    try {
      await api.ask("outages?dryRun=true", "PATCH", [made]);
      const says = await doubts(made);
      if (own === checks) tell(says.join(" ") || reach(made), says.length > 0);
    } catch (error) {
      if (own !== checks || !(error instanceof api.Refused)) return;
      tell(error.faults.map(({ message }) => message).join("; "), true);
      for (const { path, message } of error.faults) rowOf(path)?.complain(inRule(path), message);
    }
  }

  /** @param {string} text @param {boolean} isDoubt */
  function tell(text, isDoubt) {
    told.textContent = `${isDoubt ? "⚠ " : ""}${text}`;
    told.className = isDoubt ? "warning" : "note";
  }

  fields.addEventListener("input", () => (sentence.follow(), checkSoon()));
  fields.addEventListener("change", sentence.follow);

  /** @param {string} path */
  const rowOf = (path) => all.find(({ field }) => field.path === inRule(path).split(/[.[]/)[0]);

  /** @param {ErrorPlace[]} faults */
  function complain(faults) {
    for (const { path, message } of faults) {
      const place = inRule(path), row = rowOf(path);
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
  sentence.follow();
  (seen ? service : sentence.service).focus();
  checkSoon();
}

/** @param {string} path in a list of rules @returns {string} the same in the rule */
const inRule = (path) => path.replace(/^\[\d+\]\.?/, "");

/** @param {Rule} rule @returns {Promise<string[]>} names in it that AWS does not have */
async function doubts({ service, region, operation }) {
  const { services, regions, operations = [] } = await names(service && !isGlob(service) ? service : undefined);
  const unknown = (/** @type {string} */ kind, /** @type {string | undefined} */ name, /** @type {string[]} */ known) =>
    name && known.length && !known.some((one) => matches(name, one)) ? [`AWS has no ${kind} “${name}”.`] : [];
  return [...unknown("service", service, services), ...unknown("region", region, regions), ...unknown("operation", operation, operations)];
}

/** @param {Rule} rule @returns {string} what of the traffic of now it is for */
function reach({ service = "*", region = "*" }) {
  const all = [...live.places.values()].filter((place) => place.counts);
  const met = all.filter((place) => matches(service, place.service) && matches(region, place.region));
  const calls = met.reduce((sum, { counts }) => sum + (counts?.calls ?? 0), 0) / RECENT_SECONDS;
  return met.length ? `Where it applies, ${rate(calls).replace("/", " calls/")} come in now, in ${met.length} of ${plural(all.length, "place")}.` : "Where it applies, no call comes in now.";
}
