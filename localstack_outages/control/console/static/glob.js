/** Globs as the control API reads them: `*`, `?`, `[ab]`, `[!ab]`, case-sensitive. */

/** @type {Map<string, RegExp>} */
const compiled = new Map();

/** @param {string} pattern */
export const isGlob = (pattern) => /[*?[]/.test(pattern);

/** @param {string} pattern @param {string} text */
export function matches(pattern, text) {
  if (pattern === "*") return true;
  if (!isGlob(pattern)) return pattern === text;
  let expression = compiled.get(pattern);
  if (!expression) {
    if (compiled.size > 5000) compiled.clear();
    compiled.set(pattern, (expression = compile(pattern)));
  }
  return expression.test(text);
}

/** @param {string} pattern */
function compile(pattern) {
  const parts = pattern.match(/\*+|\?|\[!?\]?[^\]]*\]|[^]/g) ?? [];
  const source = parts.map((part) => {
    if (part[0] === "*") return ".*";
    if (part === "?") return ".";
    const [, not, members] = part.match(/^\[(!?)(.+)\]$/) ?? [];
    if (members) return `[${not ? "^" : ""}${members.replace(/[\\\]^]/g, "\\$&")}]`;
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source.join("")}$`);
  } catch {
    return /^(?!)/; // a range upside down matches nothing
  }
}
