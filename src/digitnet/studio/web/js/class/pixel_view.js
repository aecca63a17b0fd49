/** The image as numbers: a large picture of it, on which one point at a time is looked at, by pointer or arrow keys. */

import { cssColour, paint } from "../colours.js";
import { h } from "../dom.js";

const SIDE = 28;
const CELL = 10; // pixels of the canvas
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {() => Uint8Array | null} image
 * @param {(row: number, column: number, value: number) => void} onLook Rows and columns from 1, the value from 0 to 1.
 */
export function createPixelView(image, onLook) {
  const at = { row: 14, column: 14 };
  let hasLooked = false;
  const canvas = h("canvas", { class: "pixel-view", width: SIDE * CELL, height: SIDE * CELL, tabindex: 0, role: "application",
    "aria-roledescription": "image", "aria-label": "The image, point by point. Arrow keys go from point to point.", "aria-describedby": "pixel-view-value" });
  const value = h("p", { class: "pixel-value", id: "pixel-view-value", role: "status" }, "Point at the picture.");
  const element = h("div", { class: "pixel-place" }, canvas, value);

  const show = () => paint(canvas, () => paintPoints(canvas, image(), hasLooked ? at : null));
  const look = (/** @type {number} */ row, /** @type {number} */ column) => {
    const pixels = image();
    if (!pixels) return;
    at.row = Math.min(Math.max(row, 1), SIDE);
    at.column = Math.min(Math.max(column, 1), SIDE);
    hasLooked = true;
    const ink = pixels[(at.row - 1) * SIDE + at.column - 1] / 255;
    value.textContent = `row ${at.row}, column ${at.column}: ${ink.toFixed(2)}`;
    onLook(at.row, at.column, ink);
    show();
  };
  const follow = (/** @type {PointerEvent} */ event) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    look(1 + Math.floor(SIDE * (event.clientY - top) / width), 1 + Math.floor(SIDE * (event.clientX - left) / width));
  };
  canvas.addEventListener("pointerdown", follow);
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => event.buttons && follow(event));
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    look(at.row + step[0], at.column + step[1]);
  });
  return { element, show };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array | null} pixels
 * @param {{row: number, column: number} | null} at
 */
function paintPoints(canvas, pixels, at) {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.globalAlpha = 1;
  context.fillStyle = cssColour("surface");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = cssColour("ink");
  pixels?.forEach((ink, place) => {
    context.globalAlpha = ink / 255;
    context.fillRect((place % SIDE) * CELL, Math.floor(place / SIDE) * CELL, CELL, CELL);
  });
  context.globalAlpha = 1;
  context.strokeStyle = cssColour("line");
  context.beginPath();
  for (let line = 0; line <= SIDE; line++) {
    context.moveTo(line * CELL, 0);
    context.lineTo(line * CELL, canvas.height);
    context.moveTo(0, line * CELL);
    context.lineTo(canvas.width, line * CELL);
  }
  context.stroke();
  if (!at) return;
  context.strokeStyle = cssColour("accent");
  context.lineWidth = 3;
  context.strokeRect((at.column - 1) * CELL, (at.row - 1) * CELL, CELL, CELL);
  context.lineWidth = 1;
}
