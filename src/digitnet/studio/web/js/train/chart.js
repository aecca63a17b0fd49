/** Curves over epochs, as SVG: one run or two, on images seen in training and on images held out. */

import { h, svg } from "../dom.js";

const WIDTH = 400;
const HEIGHT = 220;
const MARGIN = { left: 46, right: 10, top: 8, bottom: 26 };
const LINES = 4;

/**
 * @typedef {object} Curve
 * @property {"one" | "two"} run Whose it is.
 * @property {boolean} seen Of images that it learns from: drawn dotted.
 * @property {number[]} values One an epoch, the first is that of epoch 1.
 * @property {number[]} [at] Where values are not one an epoch: how many epochs had passed at each.
 */

/**
 * @param {string} title
 * @param {{format: (value: number) => string, describe: (curves: Curve[]) => string}} options How values are written
 *   on the axis, and the whole chart in words.
 */
export function createChart(title, { format, describe }) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const element = h("figure", { class: "chart" }, h("figcaption", {}, title), drawing);

  return {
    element,
    /**
     * @param {Curve[]} curves
     * @param {number} epochs How many there will be.
     * @param {Curve[]} [all] Those of other charts too, which share the axes.
     */
    show(curves, epochs, all = curves) {
      drawing.setAttribute("aria-label", `${title}. ${describe(curves)}`);
      const scale = scaleOf(all, epochs);
      drawing.replaceChildren(...axes(scale, format), ...curves.flatMap((curve) => lineOf(curve, scale)));
    },
  };
}

/** @typedef {{low: number, high: number, step: number, x: (epoch: number) => number, y: (value: number) => number, epochs: number}} Scale */

/**
 * @param {Curve[]} curves
 * @param {number} epochs
 * @returns {Scale}
 */
function scaleOf(curves, epochs) {
  const values = curves.flatMap((curve) => curve.values);
  const [least, most] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const step = roundStep((most - least || Math.abs(most) || 1) / LINES);
  const low = Math.floor(least / step + 1e-9) * step;
  const high = Math.max(Math.ceil(most / step - 1e-9) * step, low + step);
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const longest = Math.max(epochs, 2, ...curves.filter(({ at }) => !at).map((curve) => curve.values.length));
  const first = curves.some(({ at }) => at) ? 0 : 1;
  return {
    low, high, step, epochs: longest,
    x: (epoch) => MARGIN.left + (across * (epoch - first)) / (longest - first),
    y: (value) => MARGIN.top + down * (1 - (value - low) / (high - low)),
  };
}

/**
 * @param {number} rough
 * @returns {number} 1, 2 or 5 times a power of ten, not below it.
 */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
}

/**
 * @param {Scale} scale
 * @param {(value: number) => string} format
 */
function axes({ low, high, step, epochs, x, y }, format) {
  const parts = [];
  for (let value = low; value <= high + step / 2; value += step) {
    parts.push(svg("line", { class: "grid", x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(value), y2: y(value) }));
    parts.push(svg("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end" }, format(value)));
  }
  const every = Math.ceil(epochs / 8);
  for (let epoch = 1; epoch <= epochs; epoch += every) {
    parts.push(svg("text", { x: x(epoch), y: HEIGHT - 6, "text-anchor": "middle" }, String(epoch)));
  }
  return parts;
}

/**
 * @param {Curve} curve
 * @param {Scale} scale
 */
function lineOf({ run, seen, values, at }, { x, y }) {
  if (!values.length) return [];
  const points = values.map((value, index) => `${x(at?.[index] ?? index + 1).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  if (at) return [svg("polyline", { class: `${run} live`, points })];
  const line = svg("polyline", { class: `${run} ${seen ? "seen-images" : "held-out"}`, points });
  if (seen) return [line];
  return [line, svg("circle", { class: run, r: 4, cx: x(values.length), cy: y(values[values.length - 1]) })];
}

/**
 * What the lines mean.
 *
 * @param {boolean} two Whether two runs are compared.
 * @param {string[]} names Of the runs.
 */
export function chartKeys(two, names) {
  const sample = (/** @type {string} */ kind) => svg("svg", { class: "sample", viewBox: "0 0 28 12", "aria-hidden": "true" },
    svg("polyline", { class: kind, points: "1,6 27,6" }));
  const entries = [["one held-out", two ? `${names[0]}, held out` : "on images held out"],
    ["one seen-images", two ? `${names[0]}, learned from` : "on images it learns from"]];
  if (two) entries.push(["two held-out", `${names[1]}, held out`], ["two seen-images", `${names[1]}, learned from`]);
  return h("ul", { class: "keys-of-chart chart" }, ...entries.map(([kind, text]) => h("li", {}, sample(kind), text)));
}
