/** The arithmetic of one unit: its strongest inputs times weights, plus the others and the bias, then ReLU or softmax. */

import { h } from "../dom.js";
import { percent, signed } from "../format.js";
import { paintSigned, smallCanvas } from "../heatmap.js";
import { unitName } from "./units.js";
import { weightsOf } from "./network.js";

const ROWS = 5; // the strongest inputs; the others are one row together
const LARGEST = 100; // weights that can be typed in; trained ones are below 3
const SIDE = 28;

/** @typedef {import("./edges.js").Which} Which */

/**
 * @param {string[]} names
 * @param {{onWeight: (which: Which, input: number, weight: number) => void, onSwitch: (which: Which) => void,
 *   onEdge: (edge: import("./edges.js").Edge) => void}} listeners An input of -1 is the bias.
 */
export function createArithmetic(names, { onWeight, onSwitch, onEdge }) {
  const title = h("h2");
  const [weights, flow] = [smallCanvas("The weights of this unit, a picture of 28 by 28"), smallCanvas("Ink times weight, pixel by pixel")];
  const pictures = h("div", { class: "arithmetic-pictures" },
    h("figure", {}, weights, h("figcaption", { class: "note" }, "weights")), h("figure", {}, flow, h("figcaption", { class: "note" }, "ink × weight")),
    h("p", { class: "note" }, "A pixel is named by its row and its column, from 1 to 28."));
  /** @type {Which} */
  let which = { layer: 2, unit: 0 };
  const rows = Array.from({ length: ROWS + 1 }, () => createRow((input, weight) => onWeight(which, input, weight),
    (input) => onEdge({ ...which, input })));
  const bias = rows[ROWS];
  const others = { name: h("th", { scope: "row" }), product: h("td") };
  const total = { name: h("th", { scope: "row", colspan: 4 }, "the sum"), product: h("td") };
  const head = h("tr", {}, ...["input", "value", "× weight", ""].map((name) => h("th", { scope: "col" }, name ||
    h("span", { class: "unseen" }, "edge"))), h("th", { scope: "col" }, "= product"));
  const table = h("table", { class: "arithmetic-table" }, h("caption", { class: "unseen" }, "Inputs times weights"),
    h("thead", {}, head), h("tbody", {}, ...rows.slice(0, ROWS).map(({ element }) => element),
      h("tr", {}, others.name, h("td"), h("td"), h("td"), others.product), bias.element,
      h("tr", { class: "total" }, total.name, total.product)));
  const outcome = h("p", { class: "outcome-of-unit" });
  const toggle = h("button", { type: "button", class: "button small", onclick: () => onSwitch(which) });
  const element = h("section", { class: "card arithmetic", "aria-label": "Arithmetic of one unit" }, title, pictures, table, outcome, h("div", { class: "buttons" }, toggle));

  return {
    element,
    /**
     * @param {Which} asked
     * @param {import("./network.js").Layer[]} layers
     * @param {import("./network.js").Pass} pass
     * @param {{isOff: boolean, isEdgeOff: (edge: import("./edges.js").Edge) => boolean}} switches Of the unit, and of an edge into it.
     */
    show(asked, layers, pass, { isOff, isEdgeOff }) {
      const isSame = which.layer === asked.layer && which.unit === asked.unit;
      which = asked;
      const layer = layers[which.layer];
      const own = weightsOf(layer, which.unit);
      const inputs = pass.values[which.layer];
      const products = Array.from(own, (weight, input) => weight * inputs[input]);
      title.textContent = unitName(which, names);
      pictures.hidden = which.layer !== 0;
      if (which.layer === 0) {
        paintSigned(weights, own);
        paintSigned(flow, products);
      }
      // A row stays under the fingers of who types into it.
      const isTyping = isSame && table.contains(document.activeElement);
      const order = isTyping ? rows.slice(0, ROWS).map(({ input }) => input()) : strongest(products);
      let rest = products.reduce((sum, product) => sum + product, 0);
      order.forEach((input, place) => {
        rows[place].show(input, inputName(which.layer, input), inputs[input].toFixed(2), own[input], products[input], isEdgeOff({ ...which, input }));
        rest -= products[input];
      });
      others.name.textContent = `the other ${products.length - ROWS}`;
      others.product.textContent = signed(rest);
      bias.show(-1, "bias", "", layer.bias[which.unit], layer.bias[which.unit]);
      const sum = pass.sums[which.layer][which.unit];
      total.product.textContent = signed(sum);
      outcome.textContent = which.layer === 2
        ? `This sum is its score. Softmax makes ${percent(pass.probabilities[which.unit])} of it: e to the score, divided by that of all ten together.`
        : isOff ? "It is switched off: it passes on 0, whatever the sum is."
          : sum > 0 ? `Above 0, so ReLU passes it on: ${sum.toFixed(2)}.` : "Not above 0, so ReLU makes 0 of it: the unit is silent.";
      toggle.hidden = which.layer === 2;
      toggle.textContent = isOff ? "Switch on" : "Switch off";
      toggle.setAttribute("aria-label", `${toggle.textContent} ${unitName(which, names)}`);
    },
  };
}

/** @param {number[]} products */
const strongest = (products) => products.map((_, input) => input)
  .sort((one, other) => Math.abs(products[other]) - Math.abs(products[one]) || one - other).slice(0, ROWS);

/**
 * @param {number} layer
 * @param {number} input
 */
const inputName = (layer, input) =>
  (layer ? `unit ${input + 1}` : `pixel ${Math.floor(input / SIDE) + 1}, ${(input % SIDE) + 1}`);

/**
 * One input, its weight in a field that can be changed, a switch, and their product.
 *
 * @param {(input: number, weight: number) => void} onChange
 * @param {(input: number) => void} onSwitch
 */
function createRow(onChange, onSwitch) {
  let input = 0;
  let shown = 0;
  const name = h("th", { scope: "row" });
  const [value, product] = [h("td"), h("td")];
  const field = h("input", { type: "number", step: 0.1, min: -LARGEST, max: LARGEST, required: true });
  const toggle = h("button", { type: "button", class: "edge-switch", onclick: () => onSwitch(input) });
  const element = h("tr", {}, name, value, h("td", {}, field), h("td", {}, toggle), product);
  field.addEventListener("input", () => {
    if (field.validity.valueMissing || field.validity.rangeOverflow || field.validity.rangeUnderflow) return;
    onChange(input, Number(field.value));
  });
  field.addEventListener("blur", () => { field.value = String(Number(shown.toFixed(3))); });
  return {
    element,
    input: () => input,
    /**
     * @param {number} place
     * @param {string} words
     * @param {string} amount "" for the bias, which is multiplied by nothing.
     * @param {number} weight
     * @param {number} result
     * @param {boolean} [isOff] Whether the edge is switched off.
     */
    show(place, words, amount, weight, result, isOff = false) {
      [input, shown] = [place, weight];
      name.textContent = words;
      value.textContent = amount;
      field.setAttribute("aria-label", amount ? `Weight of ${words}` : "Bias");
      if (field !== document.activeElement) field.value = String(Number(weight.toFixed(3)));
      toggle.hidden = !amount;
      toggle.textContent = isOff ? "off" : "on";
      toggle.setAttribute("aria-pressed", String(isOff));
      toggle.setAttribute("aria-label", `Edge from ${words} off`);
      product.textContent = signed(result);
    },
  };
}
