/** The sheet of blends as a picture to go over with mouse, finger or arrow keys. */

import { colour, cssColour, paint } from "../colours.js";
import { h } from "../dom.js";
import { between } from "../heatmap.js";
import { oncePerFrame } from "../latest.js";
import { lineOf, regionsOf } from "./blends.js";

/** @typedef {import("./blends.js").Moment} Moment */

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {{names: string[], describedBy: string, onMove: (row: number, column: number, byKey: boolean) => void}} options
 */
export function createPlot({ names, describedBy, onMove }) {
  const canvas = h("canvas", { class: "boundary-plot", tabindex: 0, role: "application", "aria-roledescription": "sheet of blended digits",
    "aria-describedby": describedBy });
  let side = 0;
  /** @type {number[]} */
  let classes = [];
  /** @type {Moment | null} */
  let shown = null;
  /** @type {Moment[]} */
  let earlier = [];
  const point = { row: 0, column: 0 };
  const repaint = oncePerFrame(() => paint(canvas, () => {
    const context = canvas.getContext("2d");
    if (!context || !shown || !canvas.width) return;
    const unit = canvas.width / side;
    paintBlends(context, shown, { side, classes, unit });
    for (const [index, moment] of earlier.entries()) {
      paintLine(context, lineOf(moment, side, classes), unit, { width: 1, alpha: 0.15 + (0.35 * (index + 1)) / earlier.length });
    }
    paintLine(context, lineOf(shown, side, classes), unit, { width: 3, alpha: 1 });
    for (const { label, row, column } of regionsOf(shown, side)) paintName(context, names[label], unit, row, column);
    paintPoint(context, unit, point);
  }));
  new ResizeObserver(() => {
    canvas.width = canvas.height = Math.round(canvas.clientWidth * devicePixelRatio);
    repaint();
  }).observe(canvas);

  const goTo = (/** @type {number} */ row, /** @type {number} */ column, byKey = false) => {
    const inside = (/** @type {number} */ value) => Math.min(side - 1, Math.max(0, value));
    [point.row, point.column] = [inside(row), inside(column)];
    repaint();
    onMove(point.row, point.column, byKey);
  };
  const follow = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    goTo(Math.floor(((event.clientY - box.top) / box.height) * side), Math.floor(((event.clientX - box.left) / box.width) * side));
  };
  canvas.addEventListener("pointermove", follow);
  canvas.addEventListener("pointerdown", follow);
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const step = STEPS[/** @type {keyof STEPS} */ (event.key)];
    if (step) goTo(point.row + step[0], point.column + step[1], true);
    else if (event.key === "Home") goTo(point.row, 0, true);
    else if (event.key === "End") goTo(point.row, side - 1, true);
    else return;
    event.preventDefault();
  });

  return {
    element: canvas,
    /**
     * @param {Moment} moment
     * @param {{side: number, classes: number[], before: Moment[]}} sheet `before`: of earlier moments the line alone is drawn.
     */
    show(moment, sheet) {
      if (!side) [point.row, point.column] = [(sheet.side - 1) / 2, (sheet.side - 1) / 2];
      [shown, side, classes, earlier] = [moment, sheet.side, sheet.classes, sheet.before];
      canvas.setAttribute("aria-label", `Blends between ${names[classes[0]]} and ${names[classes[1]]}; the arrow keys go from one to the next`);
      goTo(point.row, point.column);
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Moment} moment
 * @param {{side: number, classes: number[], unit: number}} sheet
 */
function paintBlends(context, { shares, winners }, { side, classes, unit }) {
  const [paper, first, second, neither] = ["surface", "for", "against", "line"].map(colour);
  winners.forEach((winner, place) => {
    const which = classes.indexOf(winner);
    const sure = which < 0 ? 1 : shares[which][place] / 65535;
    const shade = which < 0 ? neither : between(paper, which ? second : first, 0.12 + 0.68 * sure ** 2);
    context.fillStyle = `rgb(${shade.map(Math.round).join(" ")})`;
    const [x, y] = [place % side, Math.floor(place / side)].map((value) => Math.floor(value * unit));
    context.fillRect(x, y, Math.ceil(unit) + 1, Math.ceil(unit) + 1);
  });
  context.fillStyle = cssColour("surface"); // between regions of two other digits, which have one colour
  winners.forEach((winner, place) => {
    if (classes.includes(winner)) return;
    const differs = (/** @type {number} */ other) => other < winners.length && winners[other] !== winner && !classes.includes(winners[other]);
    const [x, y] = [place % side, Math.floor(place / side)].map((value) => (value + 1) * unit);
    if (place % side < side - 1 && differs(place + 1)) context.fillRect(Math.round(x) - 1, y - unit, 2, unit + 1);
    if (differs(place + side)) context.fillRect(x - unit, Math.round(y) - 1, unit + 1, 2);
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[][]} pieces
 * @param {number} unit
 * @param {{width: number, alpha: number}} look
 */
function paintLine(context, pieces, unit, { width, alpha }) {
  context.strokeStyle = cssColour("ink");
  context.globalAlpha = alpha;
  context.lineWidth = width * devicePixelRatio;
  context.lineCap = "round";
  context.beginPath();
  for (const [fromX, fromY, toX, toY] of pieces) {
    context.moveTo((fromX + 0.5) * unit, (fromY + 0.5) * unit);
    context.lineTo((toX + 0.5) * unit, (toY + 0.5) * unit);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} name
 * @param {number} unit
 * @param {number} row
 * @param {number} column
 */
function paintName(context, name, unit, row, column) {
  context.fillStyle = cssColour("ink");
  context.font = `650 ${Math.max(12 * devicePixelRatio, 1.4 * unit)}px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const inside = (/** @type {number} */ at) => Math.min(context.canvas.width - unit, Math.max(unit, (at + 0.5) * unit));
  context.fillText(name, inside(column), inside(row));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} unit
 * @param {{row: number, column: number}} point
 */
function paintPoint(context, unit, { row, column }) {
  for (const [name, width] of /** @type {[string, number][]} */ ([["surface", 5], ["ink", 2]])) {
    context.strokeStyle = cssColour(name);
    context.lineWidth = width * devicePixelRatio;
    context.beginPath();
    context.arc((column + 0.5) * unit, (row + 0.5) * unit, Math.max(0.75 * unit, 6 * devicePixelRatio), 0, 2 * Math.PI);
    context.stroke();
  }
}
