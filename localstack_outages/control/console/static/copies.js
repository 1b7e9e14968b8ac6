/** Writes rules, and what became of calls, as lines to use elsewhere: each does the same as a click here. */

import { h } from "./dom.js";
import { say } from "./toast.js";

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The root of the control API, as seen from here. */
const root = () => new URL(".", document.baseURI).href.replace(/\/$/, "");

/** LocalStack's address, which the Python client takes. */
export const endpoint = () => location.origin.replace("//outages.", "//");

/** @param {any} value @returns {string} a literal of Python; strings and numbers of JSON are those of Python */
function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  const isRaw = /** @type {any} */ (JSON).isRawJSON?.(value);
  if (typeof value !== "object" || isRaw) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item)}`);
  return `{${members.join(", ")}}`;
}

/** @type {Record<string, (rules: Rule[]) => string>} */
export const COPIES = {
  JSON: (rules) => JSON.stringify(rules, null, 2),
  curl: (rules) => `curl -X PATCH ${root()}/outages --data ${quoted(JSON.stringify(rules))}`,
  Python: (rules) =>
    `from localstack_outages import OutagesClient\n\nOutagesClient(${JSON.stringify(endpoint())}).add(${python(rules)})`,
  CLI: (rules) => `localstack-outages apply --add - <<'EOF'\n${JSON.stringify(rules, null, 2)}\nEOF`,
  Link: (rules) => `${root()}/#rules=${encodeURIComponent(JSON.stringify(rules))}`,
};

/** @param {string} operation as boto3 names it: ListObjectsV2 is list_objects_v2 */
export const snake = (operation) =>
  operation.replace(/([a-z0-9])([A-Z][a-z]+)/g, "$1_$2").replace(/([a-z0-9])([A-Z]+)/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2").toLowerCase();

/** @param {Judged} judged @param {Rule[]} rules those that touched it, for this call alone */
const narrowed = ({ service, region, operation }, rules) => rules.map((rule) => ({ ...rule, service, region, operation }));

/** How to meet the same faults with the same call. @type {Record<string, (told: {judged: Judged, rules: Rule[]}) => string>} */
export const REPEATS = {
  curl: ({ judged, rules }) => [
    `curl -X PATCH '${root()}/outages?position=first' --data ${quoted(JSON.stringify(narrowed(judged, rules)))}`,
    `# ${judged.name} in ${judged.region}: have the application call it now, then ask how it coped`,
    `curl '${root()}/outages/verdicts?service=${judged.service}&region=${judged.region}&limit=1'`,
    `curl -X DELETE ${root()}/outages --data ${quoted(JSON.stringify(narrowed(judged, rules)))}`,
  ].join("\n"),
  Python: ({ judged, rules }) => [
    "import boto3",
    "from localstack_outages import OutagesClient",
    "",
    `outages = OutagesClient(${JSON.stringify(endpoint())})`,
    `rules = ${python(narrowed(judged, rules))}`,
    "outages.add(rules, first=True)",
    `client = boto3.client(${JSON.stringify(judged.service)}, endpoint_url=${JSON.stringify(endpoint())}, region_name=${JSON.stringify(judged.region)})`,
    "try:",
    `    client.${snake(judged.operation)}()  # with the parameters of your application`,
    "finally:",
    "    outages.remove(rules)",
  ].join("\n"),
};

/**
 * @template T
 * @param {Record<string, (told: T) => string>} forms @param {T} told
 * @returns {HTMLElement[]} a choice of forms, what to copy, and the button that copies it
 */
export function copyable(forms, told) {
  const area = h("textarea", { readOnly: true, rows: 10, spellcheck: false, "aria-label": "What to copy" });
  const choice = h("select", { "aria-label": "Form" }, ...Object.keys(forms).map((name) => h("option", {}, name)));
  const show = () => (area.value = forms[choice.value](told));
  choice.addEventListener("change", show);
  show();
  const copy = () => {
    area.select();
    // navigator.clipboard is there only for pages that came over HTTPS or from localhost.
    say(document.execCommand("copy") ? "Copied" : "Press Ctrl+C or ⌘C to copy");
  };
  return [h("p", { class: "inputs" }, choice, h("button", { type: "button", onclick: copy }, "Copy")), area];
}
