/** The page's colours on canvases, in light and in dark. */

/** @type {Map<string, number[]>} */
const resolved = new Map();
/** @type {WeakMap<HTMLCanvasElement, () => void>} */
const painters = new WeakMap();

/**
 * A colour of tokens.css as red, green and blue, 0 to 255.
 *
 * @param {string} name Without its two hyphens.
 * @returns {number[]}
 */
export function colour(name) {
  let found = resolved.get(name);
  if (!found) {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    found = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
    probe.remove();
    resolved.set(name, found);
  }
  return found;
}

/** @param {string} name */
export const cssColour = (name) => `rgb(${colour(name).join(" ")})`;

/**
 * Paint a canvas now, and again whenever the colours change.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} painter
 */
export function paint(canvas, painter) {
  painters.set(canvas, painter);
  painter();
}

/** Paint every canvas of the page anew, in the colours of now. */
export function repaintAll() {
  resolved.clear();
  for (const canvas of document.querySelectorAll("canvas")) painters.get(canvas)?.();
}
