/** The drawing is still there after the page was loaded anew; it is kept in this tab and nowhere else. */

import { HEIGHT, WIDTH } from "./drawing.js";

const KEY = "digitnet-drawing";
const PAUSE_MILLISECONDS = 200; // after the last change: points come faster than they need to be kept
const WIDTH_MAX = 200; // of a pen that is not one of ours

/** @param {import("./drawing.js").Drawing} drawing What was kept is drawn on it. */
export function keepDrawing(drawing) {
  const strokes = storedStrokes();
  if (strokes.length) drawing.restore(strokes);
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    try {
      if (drawing.empty) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, JSON.stringify(drawing.strokes.map((points) => points.map(inShort))));
    } catch {
      // A drawing that is too large for the browser's store is not kept; all else goes on.
    }
  };
  drawing.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MILLISECONDS);
  });
  addEventListener("pagehide", keep);
}

/** @returns {import("./drawing.js").Point[][]} None where nothing was kept, or something else. */
function storedStrokes() {
  try {
    const strokes = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return strokes.filter((/** @type {any[]} */ points) => points.length).map((/** @type {any[]} */ points) => points.map(inFull));
  } catch {
    return [];
  }
}

/** @param {import("./drawing.js").Point} point */
const inShort = ({ x, y, width }) => [x, y, width].map((value) => Math.round(10 * value) / 10);

/** @param {number[]} values */
function inFull([x, y, width]) {
  const isPoint = Math.abs(x) <= 2 * WIDTH && Math.abs(y) <= 2 * HEIGHT && width > 0 && width <= WIDTH_MAX;
  if (!isPoint) throw new Error("This is no point of a drawing.");
  return { x, y, width };
}
