/** A link that holds what is set and what is drawn: nothing of it is stored anywhere but in the link. */

import { notify } from "./announce.js";
import { noteInAddress, readAddress } from "./address.js";
import { h } from "./dom.js";

const BASE = 36;
const DIGITS = 2; // of each number: 36 x 36 is above all of them
const OFFSET = 100; // a stroke may run over the rim of the pad
const LARGEST = BASE ** DIGITS - 1 - OFFSET;
const TOLERANCE = 1.5; // units of the pad, of 600: what no eye sees
const SPACING = 10; // units between points that are filled in
const LETTERS_MAX = 6000; // browsers, mails and chats carry links of this length
const OF_THIS_MACHINE = ["run", "with", "model"]; // runs that another browser's server does not have

/** @typedef {import("./drawing.js").Point} Point */

/**
 * Strokes as letters: of each its width, then its points without those that lie on the way from one to the next.
 *
 * @param {Point[][]} strokes
 * @returns {string}
 */
export const encodeStrokes = (strokes) => strokes.map((points) =>
  letters(points[0].width) + simplified(points).map(({ x, y }) => letters(x) + letters(y)).join("")).join(".");

/**
 * @param {string} text
 * @returns {Point[][]}
 * @throws {Error} It is no drawing.
 */
export function decodeStrokes(text) {
  if (text.length > LETTERS_MAX || !/^([0-9a-z]{6}([0-9a-z]{4})*)(\.[0-9a-z]{6}([0-9a-z]{4})*)*$/.test(text)) throw new Error("This is no drawing.");
  return text.split(".").map((stroke) => {
    const [width, ...numbers] = (stroke.match(/../g) ?? []).map((part) => parseInt(part, BASE) - OFFSET);
    if (width < 1) throw new Error("This is no pen.");
    return filledUp(Array.from({ length: numbers.length / 2 }, (_, index) => ({ x: numbers[2 * index], y: numbers[2 * index + 1], width })));
  });
}

/**
 * Draw what the address holds, and take it out of the address, so that it does not come back over what is drawn next.
 *
 * @param {import("./drawing.js").Drawing} drawing
 */
export function takeDrawing(drawing) {
  const text = readAddress().settings.get("drawing");
  if (text === null) return;
  noteInAddress({ drawing: null });
  try {
    drawing.restore(decodeStrokes(text));
  } catch {
    notify("The drawing in this link is damaged, and was left out.", { kind: "error" });
  }
}

/**
 * A button that copies a link to the panel as it is set, with the drawing.
 *
 * @param {import("./drawing.js").Drawing} drawing
 */
export function createLinkButton(drawing) {
  const copy = async () => {
    const { panel, settings } = readAddress();
    for (const name of OF_THIS_MACHINE) settings.delete(name);
    const drawn = drawing.empty ? "" : encodeStrokes(drawing.strokes);
    const fits = drawn.length <= LETTERS_MAX;
    if (drawn && fits) settings.set("drawing", drawn);
    const query = settings.toString();
    const address = `${location.href.split("#")[0]}#${panel}${query ? `?${query}` : ""}`;
    const what = drawn && fits ? "the settings and the drawing" : "the settings";
    try {
      await navigator.clipboard.writeText(address);
      notify(`A link to ${what} is copied.${fits ? "" : " The drawing is too long for a link."}`);
    } catch {
      prompt(`A link to ${what}:`, address); // a page without https may not copy
    }
  };
  return h("button", { type: "button", class: "button", onclick: copy }, "Copy a link");
}

/**
 * With points on the way between others, since a drawing is inked as a curve, and would be rounder with fewer points.
 *
 * @param {Point[]} points
 * @returns {Point[]}
 */
function filledUp(points) {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (!before) return [point];
    const pieces = Math.max(Math.ceil(Math.hypot(point.x - before.x, point.y - before.y) / SPACING), 1);
    return Array.from({ length: pieces }, (_, piece) => {
      const share = (piece + 1) / pieces;
      return { ...point, x: before.x + share * (point.x - before.x), y: before.y + share * (point.y - before.y) };
    });
  });
}

/** @param {number} value */
const letters = (value) => (Math.round(Math.min(Math.max(value, -OFFSET), LARGEST)) + OFFSET).toString(BASE).padStart(DIGITS, "0");

/**
 * Fewer points on the same line (Douglas and Peucker).
 *
 * @param {Point[]} points
 * @returns {Point[]}
 */
function simplified(points) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points[points.length - 1]];
  let farthest = 0;
  let index = 0;
  for (let place = 1; place < points.length - 1; place++) {
    const distance = distanceFrom(points[place], first, last);
    if (distance > farthest) [farthest, index] = [distance, place];
  }
  if (farthest <= TOLERANCE) return [first, last];
  return [...simplified(points.slice(0, index + 1)).slice(0, -1), ...simplified(points.slice(index))];
}

/**
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
function distanceFrom(point, from, to) {
  const [across, down] = [to.x - from.x, to.y - from.y];
  const share = Math.min(Math.max(((point.x - from.x) * across + (point.y - from.y) * down) / (across ** 2 + down ** 2 || 1), 0), 1);
  return Math.hypot(point.x - from.x - share * across, point.y - from.y - share * down);
}
