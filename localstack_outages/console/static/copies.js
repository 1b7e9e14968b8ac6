/** Writes rules as lines to use elsewhere: each does the same as a click here. */

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The root of the control API, as seen from here. */
const root = () => new URL(".", document.baseURI).href.replace(/\/$/, "");

/** LocalStack's address, which the Python client takes. */
const endpoint = () => location.origin.replace("//outages.", "//");

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
};
