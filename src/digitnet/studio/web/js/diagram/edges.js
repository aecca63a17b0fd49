/** The edges of the diagram, on one canvas behind the units: coloured and thick by weight times activation. */

import { cssColour, paint } from "../colours.js";
import { h } from "../dom.js";

const THICKEST = 4; // pixels
const FAINTEST = 0.03; // of the strongest edge of its layer; what is weaker is not drawn
const BACKGROUND = 0.15; // of their strength, for edges of other units while one is looked at

/** @typedef {{x: number, y: number}} Place */
/** @typedef {{from: Place[], to: Place[]}[]} Places Of each layer: where its edges begin and end. */

/** @typedef {{layer: number, unit: number}} Which */

/**
 * @param {() => Places} measure Where the units are; asked again only when the diagram has another size.
 * @param {HTMLElement} diagram What the canvas lies behind.
 */
export function createEdges(measure, diagram) {
  const canvas = h("canvas", { class: "edges", "aria-hidden": "true" });
  /** @type {Places | null} */
  let places = null;
  /** @type {(() => void) | null} */
  let painter = null;
  new ResizeObserver(() => {
    canvas.width = Math.round(diagram.clientWidth * devicePixelRatio);
    canvas.height = Math.round(diagram.clientHeight * devicePixelRatio);
    places = null;
    painter?.();
  }).observe(diagram);

  return {
    canvas,
    /**
     * @param {import("./network.js").Layer[]} layers
     * @param {import("./network.js").Pass} pass
     * @param {Which | null} looked Whose edges stand out.
     */
    show(layers, pass, looked) {
      painter = () => {
        const context = canvas.getContext("2d");
        if (!context || !canvas.width) return;
        places ??= measure();
        context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
        const colours = { above: cssColour("for"), below: cssColour("against") };
        layers.forEach((layer, index) => paintLayer(context, products(layer, pass, index), /** @type {Places} */ (places)[index],
          colours, (input, unit) => !looked || (looked.layer === index && looked.unit === unit) ||
            (looked.layer === index - 1 && looked.unit === input)));
      };
      paint(canvas, painter);
    },
  };
}

/**
 * What flows along each edge, one row an input. All pixels together are one edge a unit: 784 of them would be a blot.
 *
 * @param {import("./network.js").Layer} layer
 * @param {import("./network.js").Pass} pass
 * @param {number} index Of the layer.
 * @returns {number[][]}
 */
function products(layer, pass, index) {
  if (index === 0) return [Array.from(layer.bias, (bias, unit) => pass.sums[0][unit] - bias)];
  return Array.from(pass.values[index], (value, input) =>
    Array.from(layer.bias, (_, unit) => value * layer.kernel[input * layer.units + unit]));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[][]} flows
 * @param {{from: Place[], to: Place[]}} places Pixels have one place a unit, where their common edge leaves the image.
 * @param {{above: string, below: string}} colours
 * @param {(input: number, unit: number) => boolean} standsOut Whether an edge belongs to what is looked at.
 */
function paintLayer(context, flows, { from, to }, colours, standsOut) {
  const most = Math.max(...flows.map((row) => Math.max(...row.map(Math.abs))), 1e-9);
  flows.forEach((row, input) => row.forEach((flow, unit) => {
    const share = Math.abs(flow) / most;
    if (share < FAINTEST) return;
    const start = from[flows.length === 1 ? unit : input];
    const bend = (to[unit].x - start.x) / 2;
    context.globalAlpha = (0.15 + 0.85 * share) * (standsOut(input, unit) ? 1 : BACKGROUND);
    context.strokeStyle = flow < 0 ? colours.below : colours.above;
    context.lineWidth = 0.5 + THICKEST * share;
    context.beginPath();
    context.moveTo(start.x, start.y);
    context.bezierCurveTo(start.x + bend, start.y, to[unit].x - bend, to[unit].y, to[unit].x, to[unit].y);
    context.stroke();
  }));
  context.globalAlpha = 1;
}
