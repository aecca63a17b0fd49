/** Images of 28 x 28 on small canvases: ink, or signed values from orange over nothing to blue. */

import { colour, paint } from "./colours.js";
import { h } from "./dom.js";

export const SIDE = 28;

/**
 * @param {string} label What the picture shows, for those who cannot see it; "" where words beside it say so.
 * @param {number} [width]
 * @param {number} [height]
 * @returns {HTMLCanvasElement}
 */
export function smallCanvas(label, width = SIDE, height = SIDE) {
  const naming = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return h("canvas", { class: "pixels", width, height, ...naming });
}

/**
 * Paint a canvas pixel by pixel, now and whenever the colours change.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {() => (index: number) => number[]} chooser Gives the colour of each pixel; called anew for each painting.
 */
export function paintPixels(canvas, chooser) {
  paint(canvas, () => {
    const context = canvas.getContext("2d");
    if (!context) return;
    const picture = context.createImageData(canvas.width, canvas.height);
    const choose = chooser();
    for (let index = 0; index < canvas.width * canvas.height; index++) {
      const [red, green, blue] = choose(index);
      picture.data.set([red, green, blue, 255], 4 * index);
    }
    context.putImageData(picture, 0, 0);
  });
}

/**
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} share 0 gives the first colour, 1 the second.
 */
export const between = (from, to, share) => from.map((value, channel) => value + share * (to[channel] - value));

/**
 * Ink on paper.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} values 0 = paper, 255 = ink.
 */
export function paintInk(canvas, values) {
  paintPixels(canvas, () => {
    const [paper, ink] = [colour("surface"), colour("ink")];
    return (index) => between(paper, ink, values[index] / 255);
  });
}

/**
 * Signed values: blue above 0, orange below, the paper's colour at 0.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} [largest] What gets the full colour; left out, the largest of these values.
 */
export function paintSigned(canvas, values, largest = largestOf(values)) {
  paintPixels(canvas, () => {
    const [paper, above, below] = [colour("surface"), colour("for"), colour("against")];
    return (index) => {
      const share = Math.min(Math.abs(values[index]) / (largest || 1), 1);
      // The square root lets small values be seen beside large ones.
      return between(paper, values[index] < 0 ? below : above, Math.sqrt(share));
    };
  });
}

/** @param {ArrayLike<number>} values */
export const largestOf = (values) => Array.prototype.reduce.call(values, (most, value) => Math.max(most, Math.abs(value)), 0);
