/** The edges of the diagram, on one canvas behind the units: coloured and thick by weight times activation. Each can be
 * pointed at. */

import { cssColour, paint } from "../colours.js";
import { h } from "../dom.js";

const THICKEST = 4; // pixels
const FAINTEST = 0.03; // of the strongest edge of its layer; what is weaker is not drawn
const REACH = 5; // pixels from an edge within which it is pointed at
const PIECES = 16; // straight ones, in place of a curve, where its distance is looked for
const BACKGROUND = 0.15; // of their strength, for edges of other units while one is looked at

/** @typedef {{x: number, y: number}} Place */
/** @typedef {{from: Place[], to: Place[]}[]} Places Of each layer: where its edges begin and end. */

/** @typedef {{layer: number, unit: number}} Which */
/** @typedef {{layer: number, unit: number, input: number}} Edge Into a unit, from a unit of the layer before or a pixel. */

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
  /** @type {(Edge & {isOff: boolean})[]} */
  let painted = [];
  /** @type {Edge | null} */
  let pointed = null;
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
     * @param {(edge: Edge) => boolean} isOff
     */
    show(layers, pass, looked, isOff) {
      painter = () => {
        const context = canvas.getContext("2d");
        if (!context || !canvas.width) return;
        places ??= measure();
        context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
        const colours = { above: cssColour("for"), below: cssColour("against"), off: cssColour("doubt") };
        painted = layers.flatMap((layer, index) => paintLayer(context, products(layer, pass, index), /** @type {Places} */ (places)[index],
          colours, (input, unit) => ({
            standsOut: !looked || (looked.layer === index && looked.unit === unit) || (looked.layer === index - 1 && looked.unit === input),
            isPointed: pointed?.layer === index && pointed.unit === unit && pointed.input === input,
            isOff: index > 0 && isOff({ layer: index, unit, input }),
          })).map((edge) => ({ ...edge, layer: index })));
      };
      paint(canvas, painter);
    },
    /**
     * The edge between two units that is painted nearest to a point of the diagram; null where none is near.
     *
     * @param {Place} at
     * @returns {Edge | null}
     */
    at(at) {
      let [best, least] = [/** @type {Edge | null} */ (null), REACH];
      for (const edge of painted) {
        if (!places || edge.layer === 0) continue; // the edges of all pixels of a unit are one: it is no edge to switch
        const distance = distanceTo(at, places[edge.layer].from[edge.input], places[edge.layer].to[edge.unit]);
        // One that was just switched off is met again in the same place, though others are seen there by now.
        const rank = distance < REACH && edge.isOff ? distance - REACH : distance;
        if (rank < least) [best, least] = [edge, rank];
      }
      return best;
    },
    /** @param {Edge | null} edge To stand out. */
    point(edge) {
      pointed = edge;
      painter?.();
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
 * @param {{above: string, below: string, off: string}} colours
 * @param {(input: number, unit: number) => {standsOut: boolean, isPointed: boolean, isOff: boolean}} lookOf `standsOut`:
 *   whether it belongs to what is looked at.
 * @returns {{input: number, unit: number, isOff: boolean}[]} The edges that can be seen.
 */
function paintLayer(context, flows, { from, to }, colours, lookOf) {
  /** @type {{input: number, unit: number, isOff: boolean}[]} */
  const painted = [];
  const most = Math.max(...flows.map((row) => Math.max(...row.map(Math.abs))), 1e-9);
  flows.forEach((row, input) => row.forEach((flow, unit) => {
    const share = Math.abs(flow) / most;
    const { standsOut, isPointed, isOff } = lookOf(input, unit);
    if (share < FAINTEST && !isOff) return;
    painted.push({ input, unit, isOff });
    const start = from[flows.length === 1 ? unit : input];
    const bend = (to[unit].x - start.x) / 2;
    context.globalAlpha = isPointed || isOff ? 1 : (0.15 + 0.85 * share) * (standsOut ? 1 : BACKGROUND);
    context.strokeStyle = isOff ? colours.off : flow < 0 ? colours.below : colours.above;
    context.lineWidth = (0.5 + THICKEST * share) * (isPointed ? 2 : 1) + (isOff ? 1 : 0);
    if (isOff) context.setLineDash([5, 5]);
    context.beginPath();
    context.moveTo(start.x, start.y);
    context.bezierCurveTo(start.x + bend, start.y, to[unit].x - bend, to[unit].y, to[unit].x, to[unit].y);
    context.stroke();
    if (isOff) context.setLineDash([]);
  }));
  context.globalAlpha = 1;
  return painted;
}

/**
 * How far a point is from the curve of an edge.
 *
 * @param {Place} at
 * @param {Place} from
 * @param {Place} to
 */
function distanceTo(at, from, to) {
  if (at.x < from.x || at.x > to.x) return Infinity;
  let least = Infinity;
  let last = from;
  for (let piece = 1; piece <= PIECES; piece++) {
    const part = piece / PIECES;
    // A cubic curve that leaves and arrives level, its inner points half the way across.
    const x = from.x + (to.x - from.x) * (1.5 * part * (1 - part) + part ** 3);
    const y = from.y + (to.y - from.y) * (3 * part * part - 2 * part ** 3);
    const along = Math.max(0, Math.min(1, ((at.x - last.x) * (x - last.x) + (at.y - last.y) * (y - last.y)) / ((x - last.x) ** 2 + (y - last.y) ** 2 || 1)));
    least = Math.min(least, Math.hypot(at.x - last.x - along * (x - last.x), at.y - last.y - along * (y - last.y)));
    last = { x, y };
  }
  return least;
}
