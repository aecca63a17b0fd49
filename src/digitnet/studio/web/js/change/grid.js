/** The image as 28 x 28 squares to rub out and to ink, with mouse, finger or keyboard; what is changed is marked. */

import { announce } from "../announce.js";
import { colour, cssColour, paint } from "../colours.js";
import { h } from "../dom.js";
import { between, SIDE } from "../heatmap.js";
import { oncePerFrame } from "../latest.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MARK = 0.22; // half the length of a plus or a minus, in squares

/** @typedef {"rub" | "ink"} Tool */

/**
 * @param {{tool: () => Tool, describedBy: string, onChange: (pixels: number[], level: number) => void}} options `onChange`
 *   is called with the squares that were gone over, and the ink that they get: 0 or 255.
 */
export function createGrid({ tool, describedBy, onChange }) {
  const canvas = h("canvas", { class: "pixel-grid", tabindex: 0, role: "application", "aria-roledescription": "image of 28 by 28 pixels",
    "aria-label": "The image, pixel by pixel", "aria-describedby": describedBy });
  let image = new Uint8Array(SIDE * SIDE);
  let before = image;
  const cursor = { column: SIDE / 2, row: SIDE / 2, shown: false };
  const repaint = oncePerFrame(() => paint(canvas, () => paintGrid(canvas, image, before, cursor)));
  new ResizeObserver(() => {
    canvas.width = canvas.height = Math.round(canvas.clientWidth * devicePixelRatio);
    repaint();
  }).observe(canvas);
  const change = (/** @type {number[]} */ pixels) => onChange(pixels, tool() === "rub" ? 0 : 255);
  followPointer(canvas, cursor, change);
  followKeys(canvas, cursor, { change, repaint, level: (pixel) => image[pixel] });

  return {
    element: canvas,
    /**
     * @param {Uint8Array} shown
     * @param {Uint8Array} original What it is compared with.
     */
    show(shown, original) {
      [image, before] = [shown, original];
      repaint();
    },
  };
}

/** @typedef {{column: number, row: number, shown: boolean}} Cursor Where the keyboard is. */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} image
 * @param {Uint8Array} before
 * @param {Cursor} cursor
 */
function paintGrid(canvas, image, before, cursor) {
  const context = canvas.getContext("2d");
  if (!context || !canvas.width) return;
  const side = canvas.width / SIDE;
  const [paper, ink, above, below] = ["surface", "ink", "for", "against"].map(colour);
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (let pixel = 0; pixel < image.length; pixel++) {
    const [x, y] = [(pixel % SIDE) * side, Math.floor(pixel / SIDE) * side];
    const difference = (image[pixel] - before[pixel]) / 255;
    const tint = difference > 0 ? above : below;
    // Ink that was added is blue; where ink was taken away a trace of orange is left.
    const shade = difference > 0 ? between(between(paper, ink, before[pixel] / 255), above, 0.35 + 0.65 * difference)
      : between(between(paper, ink, image[pixel] / 255), below, 0.3 * Math.min(1, -4 * difference));
    context.fillStyle = `rgb(${shade.join(" ")})`;
    context.fillRect(x, y, side + 1, side + 1);
    if (difference) paintMark(context, x, y, side, { isAdded: difference > 0, tint: difference > 0 && difference > 0.3 ? paper : tint });
  }
  paintLines(context, canvas.width, side);
  if (!cursor.shown) return;
  context.strokeStyle = cssColour("accent");
  context.lineWidth = Math.max(3, side / 5);
  context.strokeRect(cursor.column * side, cursor.row * side, side, side);
}

/**
 * A plus or a minus, and a frame, so that a change is seen without colours too.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} side
 * @param {{isAdded: boolean, tint: number[]}} look
 */
function paintMark(context, x, y, side, { isAdded, tint }) {
  const [middleX, middleY, half] = [x + side / 2, y + side / 2, side * MARK];
  context.strokeStyle = `rgb(${tint.join(" ")})`;
  context.lineWidth = Math.max(1, side / 9);
  context.beginPath();
  context.moveTo(middleX - half, middleY);
  context.lineTo(middleX + half, middleY);
  if (isAdded) {
    context.moveTo(middleX, middleY - half);
    context.lineTo(middleX, middleY + half);
  }
  context.stroke();
  context.strokeStyle = cssColour(isAdded ? "for" : "against");
  context.setLineDash(isAdded ? [] : [side / 5, side / 8]);
  context.strokeRect(x + 1, y + 1, side - 2, side - 2);
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} side
 */
function paintLines(context, width, side) {
  context.strokeStyle = cssColour("line");
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  for (let line = 1; line < SIDE; line++) {
    const at = Math.round(line * side) + 0.5;
    context.moveTo(at, 0);
    context.lineTo(at, width);
    context.moveTo(0, at);
    context.lineTo(width, at);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Cursor} cursor
 * @param {(pixels: number[]) => void} change
 */
function followPointer(canvas, cursor, change) {
  /** @type {number | null} */
  let active = null;
  /** @type {number[] | null} */
  let last = null;
  const placeOf = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const part = (/** @type {number} */ value) => Math.min(SIDE - 1, Math.max(0, Math.floor(value * SIDE)));
    return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)];
  };
  const goTo = (/** @type {PointerEvent} */ event) => {
    const place = placeOf(event);
    change(squaresBetween(last ?? place, place).map(([column, row]) => row * SIDE + column));
    last = place;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (active !== null || event.button !== 0) return;
    active = event.pointerId;
    cursor.shown = false;
    canvas.setPointerCapture(event.pointerId);
    goTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === active) goTo(event);
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId === active) active = last = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/**
 * The squares on the straight way from one to another; a fast hand leaves none out.
 *
 * @param {number[]} from
 * @param {number[]} to
 */
function squaresBetween([fromColumn, fromRow], [toColumn, toRow]) {
  const steps = Math.max(Math.abs(toColumn - fromColumn), Math.abs(toRow - fromRow), 1);
  return Array.from({ length: steps + 1 }, (_, step) =>
    [Math.round(fromColumn + (step / steps) * (toColumn - fromColumn)), Math.round(fromRow + (step / steps) * (toRow - fromRow))]);
}

/**
 * Arrow keys go from pixel to pixel; Space does to it what the tool does.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Cursor} cursor
 * @param {{change: (pixels: number[]) => void, repaint: () => void, level: (pixel: number) => number}} actions
 */
function followKeys(canvas, cursor, { change, repaint, level }) {
  const pixel = () => cursor.row * SIDE + cursor.column;
  const tell = () => announce(`Row ${cursor.row + 1}, column ${cursor.column + 1}: ${Math.round(level(pixel()) / 2.55)} % ink`);
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const step = ARROWS[/** @type {keyof ARROWS} */ (event.key)];
    if (step) {
      cursor.column = Math.min(SIDE - 1, Math.max(0, cursor.column + step[0]));
      cursor.row = Math.min(SIDE - 1, Math.max(0, cursor.row + step[1]));
    } else if (event.key === " " || event.key === "Enter") change([pixel()]);
    else return;
    event.preventDefault();
    cursor.shown = true;
    repaint();
    tell();
  });
  canvas.addEventListener("focus", () => {
    cursor.shown = canvas.matches(":focus-visible");
    repaint();
  });
  canvas.addEventListener("blur", () => {
    cursor.shown = false;
    repaint();
  });
}
