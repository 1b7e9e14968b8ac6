/** Makes and changes elements. Text is set as text, never as markup. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] `on*` are listeners, names with a dash attributes, most others properties
 * @param {...(Node | string | null)} children @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (/^(class|role|for|list)$|-/.test(name)) element.setAttribute(name, value);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {string} id @param {string} type @param {(event: any) => void} listener */
export const on = (id, type, listener) => byId(id).addEventListener(type, listener);

/** @param {Element} element @param {string} text only set if it is another: screen readers tell changes */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string} value */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Do something with a module that is loaded only now. Where LocalStack does not answer nothing happens:
 * the page says so within a second.
 * @template T
 * @param {Promise<T>} loading @param {(module: T) => void} action
 */
export const later = (loading, action) => loading.then(action, () => undefined);

/** @param {Event} event @param {string} selector @returns {HTMLElement | null} what its target is in */
export const around = (event, selector) => /** @type {Element} */ (event.target).closest(selector);
