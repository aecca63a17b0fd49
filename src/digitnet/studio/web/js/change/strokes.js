/** The strokes of a drawn digit, a button each: what is left of it without one of them is read anew. */

import * as api from "../api.js";
import { cssColour, paint } from "../colours.js";
import { h } from "../dom.js";
import { HEIGHT, WIDTH, inkStrokes, toPicture } from "../drawing.js";

/** @typedef {import("../drawing.js").Point[]} Stroke */

/**
 * @param {(kept: Stroke[], left: number) => void} onChange Called with the strokes that are kept, and how many are left out.
 */
export function createStrokes(onChange) {
  const list = h("ul", { class: "stroke-buttons" });
  const element = h("section", { class: "strokes", hidden: true }, h("h2", {}, "Whole strokes"), list,
    h("p", { class: "note" }, "Without a stroke the rest is centred and scaled anew, as for every drawing."));
  /** @type {Stroke[]} */
  let strokes = [];
  /** @type {Set<number>} */
  const left = new Set();

  const toggle = (/** @type {number} */ index) => {
    if (!left.delete(index)) left.add(index);
    show();
    onChange(strokes.filter((_, place) => !left.has(place)), left.size);
  };
  const show = () => [...list.querySelectorAll("button")].forEach((button, index) => {
    button.setAttribute("aria-pressed", String(left.has(index)));
    button.setAttribute("aria-label", `Rub out stroke ${index + 1} of ${strokes.length}`);
  });

  return {
    element,
    /** @param {Stroke[]} drawn Of the digit that is looked at; none where it was not drawn. */
    set(drawn) {
      strokes = drawn;
      left.clear();
      element.hidden = !drawn.length;
      list.replaceChildren(...drawn.map((_, index) => h("li", {},
        h("button", { type: "button", class: "stroke", onclick: () => toggle(index) }, thumbnail(drawn, index)))));
      show();
    },
    /** Keep all of them again. */
    restore() {
      left.clear();
      show();
    },
  };
}

/**
 * The digit, with one stroke in full ink.
 *
 * @param {Stroke[]} strokes
 * @param {number} index
 */
function thumbnail(strokes, index) {
  const side = 88;
  const canvas = h("canvas", { width: side, height: side, "aria-hidden": "true" });
  const points = strokes.flat();
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [top, foot] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const scale = (0.7 * side) / Math.max(right - left, foot - top, 60);
  paint(canvas, () => {
    const context = canvas.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, side, side);
    context.save();
    context.translate(side / 2 - (scale * (left + right)) / 2, side / 2 - (scale * (top + foot)) / 2);
    inkStrokes(context, strokes, scale, cssColour("line"));
    inkStrokes(context, [strokes[index]], scale, cssColour("ink"));
    context.restore();
  });
  return canvas;
}

/**
 * The strokes of one digit of the drawing: those with their middle in its box.
 *
 * @param {import("../drawing.js").Drawing} drawing
 * @param {any} reading
 * @param {number} index Of the digit.
 * @returns {Stroke[]}
 */
export function strokesOf(drawing, reading, index) {
  const digits = reading?.digits ?? [];
  if (digits.length < 2 || !digits[index]) return drawing.strokes;
  const [x, y, width, height] = digits[index].box;
  const [scaleX, scaleY] = [WIDTH / reading.width, HEIGHT / reading.height];
  const isInside = (/** @type {number} */ at, /** @type {number} */ low, /** @type {number} */ size) => at >= low && at <= low + size;
  const middle = (/** @type {number[]} */ values) => (Math.min(...values) + Math.max(...values)) / 2;
  return drawing.strokes.filter((points) =>
    isInside(middle(points.map((point) => point.x)), x * scaleX, width * scaleX) &&
    isInside(middle(points.map((point) => point.y)), y * scaleY, height * scaleY));
}

/**
 * What the network sees of some strokes.
 *
 * @param {Stroke[]} strokes
 * @param {string} model
 * @returns {Promise<string | null>} base64 of 784 bytes; null where no ink is left.
 */
export async function readStrokes(strokes, model) {
  if (!strokes.length) return null;
  const { images, refused } = await api.read(await toPicture(strokes), { mode: "digit", model });
  return images[0] ?? refused;
}
