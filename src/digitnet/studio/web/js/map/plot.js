/** The map on a canvas: each digit a numeral in the colour of its class, mistakes in a box; pan, zoom, lasso, keys. */

import { announce } from "../announce.js";
import { colour, cssColour, paint } from "../colours.js";
import { h } from "../dom.js";
import { oncePerFrame } from "../latest.js";
import { insideOf, isMistake } from "./data.js";
import { followPointer } from "./pointer.js";
import { createSheet, makeStamps } from "./stamps.js";

const MARGIN = 0.06; // around the digits, in parts of the map's side
const NUMERAL = 1 / 65; // of the whole map's side, at most 10 pixels; numerals grow as one goes nearer
const NUMERAL_MAX = 26;
const ZOOM_MAX = 60;
const FADED = 0.1;
const REACH = 14; // pixels from a digit within which it is pointed at
const CHANGE_MILLISECONDS = 500; // from one plane to the other
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @typedef {object} Mine Where the drawing stands.
 * @property {string} name Of its class.
 * @property {number[]} place
 * @property {number[]} neighbours Which digits.
 */

/**
 * @param {import("./data.js").Digits} digits
 * @param {string[]} names
 * @param {{isLasso: () => boolean, describedBy: string, onOpen: (index: number) => void, onLasso: (indices: number[]) => void}} options
 */
export function createPlot(digits, names, { isLasso, describedBy, onOpen, onLasso }) {
  const canvas = h("canvas", { class: "map-canvas", tabindex: 0, role: "application", "aria-roledescription": "map",
    "aria-label": `Map of ${digits.n.toLocaleString("en")} test digits`, "aria-describedby": describedBy });
  const view = { x: 0.5, y: 0.5, zoom: 1 }; // what is in the middle, and how near
  const shown = new Set(names.map((_, label) => label));
  const order = paintingOrder(digits);
  let places = digits.planes.umap;
  /** @type {Mine | null} */
  let mine = null;
  let pointed = -1; // under the mouse, or where the keys are
  let opened = -1;
  /** @type {number[][]} */
  let lasso = [];
  const sheet = createSheet();
  /** @type {Map<string, import("./stamps.js").Stamp[]>} */
  const kept = new Map();
  const scale = () => (Math.min(canvas.clientWidth, canvas.clientHeight) * view.zoom) / (1 + 2 * MARGIN);
  /** @type {(x: number, y: number) => [number, number]} */
  const onScreen = (x, y) => [canvas.clientWidth / 2 + (x - view.x) * scale(), canvas.clientHeight / 2 + (y - view.y) * scale()];
  const onMap = (/** @type {number[]} */ [x, y]) =>
    [view.x + (x - canvas.clientWidth / 2) / scale(), view.y + (y - canvas.clientHeight / 2) / scale()];
  const size = () => Math.min(NUMERAL_MAX, Math.min(10, NUMERAL * Math.min(canvas.clientWidth, canvas.clientHeight)) * Math.sqrt(view.zoom));

  const paintNow = () => {
    const context = canvas.getContext("2d");
    const pixels = devicePixelRatio;
    const side = Math.round(size() * pixels);
    if (!context || !side) return; // it has no area while another panel is shown
    const stamps = stampsOf(kept, names, side);
    const half = side / 2;
    const [grow, left, top] = [scale() * pixels, canvas.width / 2 - view.x * scale() * pixels, canvas.height / 2 - view.y * scale() * pixels];
    sheet.clear(canvas, side, colour("surface"));
    for (const index of order) {
      const x = Math.round(left + places[2 * index] * grow - half);
      const y = Math.round(top + places[2 * index + 1] * grow - half);
      if (x < -side || y < -side || x > canvas.width || y > canvas.height) continue;
      sheet.stamp(stamps[digits.labels[index]], x, y, shown.has(digits.labels[index]) ? 1 : FADED);
    }
    sheet.put(context);
    context.setTransform(pixels, 0, 0, pixels, 0, 0);
    paintMistakes(context);
    paintOver(context);
  };
  const repaint = oncePerFrame(() => paint(canvas, paintNow));

  const paintMistakes = (/** @type {CanvasRenderingContext2D} */ context) => {
    context.strokeStyle = cssColour("ink");
    context.lineWidth = 1.5;
    for (let index = 0; index < digits.n; index++) {
      if (isMistake(digits, index) && shown.has(digits.labels[index])) box(context, index, size() / 2 + 2);
    }
  };
  const box = (/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ index, /** @type {number} */ half) => {
    const [x, y] = onScreen(places[2 * index], places[2 * index + 1]);
    context.strokeRect(x - half, y - half, 2 * half, 2 * half);
  };
  const paintOver = (/** @type {CanvasRenderingContext2D} */ context) => {
    context.strokeStyle = cssColour("accent");
    context.lineWidth = 2;
    for (const index of new Set([opened, pointed])) if (index >= 0) circle(context, places[2 * index], places[2 * index + 1], size() / 2 + 5);
    if (mine) paintMine(context, mine);
    if (lasso.length < 2) return;
    context.setLineDash([6, 4]);
    context.beginPath();
    for (const [x, y] of lasso) context.lineTo(...onScreen(x, y));
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  };
  const circle = (/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ radius) => {
    context.beginPath();
    context.arc(...onScreen(x, y), radius, 0, 2 * Math.PI);
    context.stroke();
  };
  /** Lines to its neighbours, and its own numeral in a filled circle. */
  const paintMine = (/** @type {CanvasRenderingContext2D} */ context, /** @type {Mine} */ { name, place, neighbours }) => {
    const [x, y] = onScreen(place[0], place[1]);
    context.lineWidth = 1.5;
    context.beginPath();
    for (const index of neighbours) {
      context.moveTo(x, y);
      context.lineTo(...onScreen(places[2 * index], places[2 * index + 1]));
    }
    context.stroke();
    context.fillStyle = cssColour("accent");
    context.beginPath();
    context.arc(x, y, 13, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = cssColour("on-accent");
    context.font = `700 15px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(name, x, y + 1);
  };

  new ResizeObserver(() => {
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
    repaint();
  }).observe(canvas);

  /** The digit nearest to a point of the screen that is not faded; -1 where none is near. */
  const nearest = (/** @type {number[]} */ point, reach = REACH) => {
    const [x, y] = onMap(point);
    let [best, least] = [-1, (reach / scale()) ** 2];
    for (let index = 0; index < digits.n; index++) {
      const distance = (places[2 * index] - x) ** 2 + (places[2 * index + 1] - y) ** 2;
      if (distance < least && shown.has(digits.labels[index])) [best, least] = [index, distance];
    }
    return best;
  };
  const zoomBy = (/** @type {number} */ factor, point = [canvas.clientWidth / 2, canvas.clientHeight / 2]) => {
    const [x, y] = onMap(point);
    view.zoom = Math.min(ZOOM_MAX, Math.max(1, view.zoom * factor));
    const [newX, newY] = onMap(point);
    view.x += x - newX; // what is under the pointer stays there
    view.y += y - newY;
    keepInSight();
  };
  const panBy = (/** @type {number} */ x, /** @type {number} */ y) => {
    view.x -= x / scale();
    view.y -= y / scale();
    keepInSight();
  };
  const keepInSight = () => {
    view.x = Math.min(1, Math.max(0, view.x));
    view.y = Math.min(1, Math.max(0, view.y));
    repaint();
  };
  const point = (/** @type {number} */ index) => {
    if (index === pointed) return;
    pointed = index;
    canvas.style.cursor = index >= 0 ? "pointer" : "";
    repaint();
  };
  const open = (/** @type {number} */ index) => {
    opened = index;
    repaint();
    if (index >= 0) onOpen(index);
  };

  followPointer(canvas, {
    isLasso, panBy, zoomBy,
    point: (at) => point(at ? nearest(at) : -1),
    click: (at) => open(nearest(at)),
    draw: (line) => { lasso = line.map(onMap); repaint(); },
    close: () => { if (lasso.length > 2) onLasso(insideOf(places, lasso).filter((index) => shown.has(digits.labels[index]))); },
  });

  /** The nearest digit in a direction: near in that direction, and not far beside it. */
  const next = (/** @type {number[]} */ [stepX, stepY]) => {
    if (pointed < 0) return nearest([canvas.clientWidth / 2, canvas.clientHeight / 2], Infinity);
    let [best, least] = [pointed, Infinity];
    for (let index = 0; index < digits.n; index++) {
      const [x, y] = [places[2 * index] - places[2 * pointed], places[2 * index + 1] - places[2 * pointed + 1]];
      const [ahead, beside] = [x * stepX + y * stepY, Math.abs(x * stepY) + Math.abs(y * stepX)];
      if (ahead > 0 && beside <= ahead && ahead + 2 * beside < least && shown.has(digits.labels[index])) [best, least] = [index, ahead + 2 * beside];
    }
    return best;
  };
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const step = ARROWS[/** @type {keyof ARROWS} */ (event.key)];
    if (step && event.shiftKey) panBy(-60 * step[0], -60 * step[1]);
    else if (step) {
      point(next(step));
      if (pointed >= 0) {
        follow(pointed);
        announce(wordsFor(digits, names, pointed));
      }
    } else if (event.key === "+" || event.key === "=") zoomBy(1.5, placeOnScreen());
    else if (event.key === "-") zoomBy(1 / 1.5, placeOnScreen());
    else if (event.key === "0") whole();
    else if ((event.key === "Enter" || event.key === " ") && pointed >= 0) open(pointed);
    else return;
    event.preventDefault();
  });
  const placeOnScreen = () => (pointed < 0 ? undefined : onScreen(places[2 * pointed], places[2 * pointed + 1]));
  /** Bring a digit into sight. */
  const follow = (/** @type {number} */ index) => {
    const [x, y] = onScreen(places[2 * index], places[2 * index + 1]);
    const [far, deep] = [x < 30 || x > canvas.clientWidth - 30, y < 30 || y > canvas.clientHeight - 30];
    if (far || deep) panBy(canvas.clientWidth / 2 - x, canvas.clientHeight / 2 - y);
  };
  const whole = () => {
    Object.assign(view, { x: 0.5, y: 0.5, zoom: 1 });
    repaint();
  };

  return {
    element: canvas,
    zoomBy,
    whole,
    open,
    inSight: () => Array.from({ length: digits.n }, (_, index) => index).filter((index) => {
      const [x, y] = onScreen(places[2 * index], places[2 * index + 1]);
      return x >= 0 && y >= 0 && x <= canvas.clientWidth && y <= canvas.clientHeight && shown.has(digits.labels[index]);
    }),
    /** @param {number} label @param {boolean} isShown */
    setShown(label, isShown) {
      if (isShown) shown.add(label);
      else shown.delete(label);
      repaint();
    },
    /** @param {Mine | null} placed */
    setMine(placed) {
      mine = placed;
      repaint();
    },
    clearLasso() {
      lasso = [];
      repaint();
    },
    /** Every digit goes to its place on another plane. @param {string} plane */
    setPlane(plane) {
      const [from, to] = [places, digits.planes[plane]];
      lasso = [];
      if (from === to) return;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        places = to;
        return repaint();
      }
      const started = performance.now();
      const move = () => {
        const part = Math.min(1, (performance.now() - started) / CHANGE_MILLISECONDS);
        const eased = part * part * (3 - 2 * part);
        places = part < 1 ? from.map((value, index) => value + eased * (to[index] - value)) : to;
        paint(canvas, paintNow);
        if (part < 1) requestAnimationFrame(move);
      };
      requestAnimationFrame(move);
    },
  };
}

/**
 * Digits of all classes in turn, so that none lies on top of all others; mistakes last.
 *
 * @param {import("./data.js").Digits} digits
 */
function paintingOrder(digits) {
  const all = Array.from({ length: digits.n }, (_, index) => index);
  return [...all.filter((index) => !isMistake(digits, index)), ...all.filter((index) => isMistake(digits, index))];
}

/**
 * @param {import("./data.js").Digits} digits
 * @param {string[]} names
 * @param {number} index
 */
export const wordsFor = (digits, names, index) =>
  `Test image ${digits.numbers[index]}, a ${names[digits.labels[index]]}` +
  (isMistake(digits, index) ? `, taken for ${names[digits.predicted[index]]}` : ", read right");

/**
 * The numerals of all classes, in the size and the colours of now.
 *
 * @param {Map<string, import("./stamps.js").Stamp[]>} kept
 * @param {string[]} names
 * @param {number} side
 */
function stampsOf(kept, names, side) {
  const colours = names.map((_, label) => colour(`class-${label % 10}`));
  const key = `${side} ${colours[0]}`;
  let found = kept.get(key);
  if (!found) {
    found = makeStamps(names, colours, side);
    kept.clear(); // those of the last size are enough
    kept.set(key, found);
  }
  return found;
}
