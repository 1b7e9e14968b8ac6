/** Reads and writes the values of a rule's fields, in the shapes that a form asks for. */

/** @param {Field} field @param {any} value of the field in a rule @returns {number} which shape the value has */
export function shapeOf({ shapes }, value) {
  if (value === undefined) return 0;
  const isObject = typeof value === "object" && !Array.isArray(value) && !isRaw(value);
  const fits = shapes.map(({ keys, parts }) => {
    if (!keys) return parts.length && !isObject ? 1 : 0;
    return isObject ? 1 + Object.keys(value).filter((key) => keys.includes(key)).length : 0;
  });
  return fits.indexOf(Math.max(...fits));
}

/** @param {any} value a whole number that JavaScript cannot hold, see api.js */
const isRaw = (value) => Boolean(/** @type {any} */ (JSON).isRawJSON?.(value));

/** @param {Part} part @param {any} value @returns {string} what stands in its input */
export function written({ type }, value) {
  if (value === undefined || value === null) return "";
  if (type === "steps") return value.map((/** @type {any} */ step) => (typeof step === "string" ? step : JSON.stringify(step))).join("\n");
  if (type === "headers") return Object.entries(value).map(([name, glob]) => `${name}: ${glob}`).join("\n");
  return isRaw(value) ? value.rawJSON : String(value);
}

/**
 * @param {Part} part
 * @param {string} text what stands in its input
 * @returns {any} what the rule says; what is not valid is left for the server to refuse
 */
export function read({ type }, text) {
  const raw = /** @type {any} */ (JSON).rawJSON;
  if (type === "number") {
    if (/^-?\d{16,}$/.test(text) && raw) return raw(text);
    return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
  }
  if (type === "headers") return text && Object.fromEntries(text.split("\n").filter((line) => line.trim()).map(header));
  if (type !== "steps") return text;
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    try {
      return /^[{\d]/.test(line.trim()) ? JSON.parse(line) : line.trim();
    } catch {
      return line;
    }
  });
}

/** @param {string} line @returns {[string, string]} */
function header(line) {
  const [name, ...glob] = line.split(":");
  return [name.trim(), glob.join(":").trim()];
}
