/** A pad to draw on, with mouse, finger, pen or keyboard. Several pads may show the same drawing. */

import { announce } from "./announce.js";
import { cssColour, paint } from "./colours.js";
import { h } from "./dom.js";
import { HEIGHT, WIDTH, inkStrokes } from "./drawing.js";
import { oncePerFrame } from "./latest.js";

const KEY_STEP = 12; // units a key press; 25 of them are half the pad
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// What a pen makes of its width: half when it hardly touches, one and a half when pressed.
const pressed = (/** @type {PointerEvent} */ event) => (event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1);

/**
 * @param {import("./drawing.js").Drawing} drawing
 * @param {{label: string, describedBy?: string, penWidth: () => number}} options
 * @returns {HTMLCanvasElement}
 */
export function createPad(drawing, { label, describedBy, penWidth }) {
  const canvas = h("canvas", {
    class: "pad",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "drawing pad",
    "aria-label": label,
    "aria-describedby": describedBy,
  });
  const pen = { x: WIDTH / 2, y: HEIGHT / 4, down: false, shown: false };

  const repaint = oncePerFrame(() => paint(canvas, () => paintPad(canvas, drawing, pen)));
  drawing.onChange(repaint);
  new ResizeObserver(() => {
    const scale = canvas.clientWidth * devicePixelRatio;
    canvas.width = Math.round(scale);
    canvas.height = Math.round((scale * HEIGHT) / WIDTH);
    repaint();
  }).observe(canvas);

  followPointer(canvas, drawing, penWidth, pen);
  followKeys(canvas, drawing, penWidth, pen, repaint);
  return canvas;
}

/** @typedef {{x: number, y: number, down: boolean, shown: boolean}} Pen The pen that the keyboard moves. */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./drawing.js").Drawing} drawing
 * @param {Pen} pen
 */
function paintPad(canvas, drawing, pen) {
  const context = canvas.getContext("2d");
  if (!context || !canvas.width) return;
  const scale = canvas.width / WIDTH;
  context.clearRect(0, 0, canvas.width, canvas.height);
  inkStrokes(context, drawing.strokes, scale, cssColour("ink"));
  if (!pen.shown) return;
  context.lineWidth = 2 * devicePixelRatio;
  context.strokeStyle = context.fillStyle = cssColour("accent");
  context.beginPath();
  context.arc(pen.x * scale, pen.y * scale, 9 * devicePixelRatio, 0, 2 * Math.PI);
  if (pen.down) context.fill();
  context.stroke();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./drawing.js").Drawing} drawing
 * @param {() => number} penWidth
 * @param {Pen} pen
 */
function followPointer(canvas, drawing, penWidth, pen) {
  /** @type {number | null} */
  let active = null; // only one finger draws; others are a resting hand

  /** @param {PointerEvent} event */
  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = WIDTH / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale, width: penWidth() * pressed(event) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (active !== null || event.button !== 0) return;
    active = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    pen.shown = pen.down = false;
    drawing.begin(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== active) return;
    const events = event.getCoalescedEvents?.() ?? [];
    drawing.extend((events.length ? events : [event]).map(pointOf));
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== active) return;
    active = null;
    drawing.end();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/**
 * Arrow keys move the pen, two at once slantwise; Space puts it down or lifts it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {import("./drawing.js").Drawing} drawing
 * @param {() => number} penWidth
 * @param {Pen} pen
 * @param {() => void} repaint
 */
function followKeys(canvas, drawing, penWidth, pen, repaint) {
  /** @type {Set<string>} */
  const held = new Set();
  const point = () => ({ x: pen.x, y: pen.y, width: penWidth() });
  const inside = (/** @type {number} */ value, /** @type {number} */ limit) => Math.min(Math.max(value, 0), limit);

  const move = () => {
    const steps = [...held].map((key) => ARROWS[/** @type {keyof ARROWS} */ (key)]);
    pen.x = inside(pen.x + KEY_STEP * steps.reduce((sum, [x]) => sum + x, 0), WIDTH);
    pen.y = inside(pen.y + KEY_STEP * steps.reduce((sum, [, y]) => sum + y, 0), HEIGHT);
    if (pen.down) drawing.extend([point()]);
  };
  const setDown = (/** @type {boolean} */ down) => {
    pen.down = down;
    if (down) drawing.begin(point());
    else drawing.end();
    announce(down ? "Pen down" : "Pen up");
  };
  const actions = {
    " ": () => setDown(!pen.down),
    Backspace: () => (pen.down = false, drawing.undo()),
    Delete: () => (pen.down = false, drawing.clear()),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key !== "z") return;
      actions.Backspace();
    } else if (event.key in ARROWS) {
      held.add(event.key);
      move();
    } else if (event.key in actions) actions[/** @type {keyof actions} */ (event.key)]();
    else return;
    event.preventDefault();
    pen.shown = true;
    repaint();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("blur", () => {
    held.clear();
    if (pen.down) drawing.end();
    pen.shown = pen.down = false;
    repaint();
  });
}
