/** Elements in one call. */

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [props] Attributes by name; `class`; `onclick` and the like are listeners; false,
 *   null and undefined leave an attribute out, true sets it empty.
 * @param {...(Node | string | null | undefined)} children
 * @returns {any} The element; `any`, so that a caller may use what its tag has.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/**
 * Make an SVG element.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * One of the icons that index.html defines; only decoration, so a name stands beside it.
 *
 * @param {string} name
 */
export function icon(name) {
  return svg("svg", { "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));
}

/**
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}
