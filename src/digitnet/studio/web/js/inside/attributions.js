/** Attributions: how much each pixel speaks for or against each class. */

import { h } from "../dom.js";
import { signed } from "../format.js";
import { largestOf, paintSigned, smallCanvas } from "../heatmap.js";

/**
 * @param {string[]} names
 * @param {(label: number) => void} onChoose
 */
export function createAttributions(names, onChoose) {
  const large = smallCanvas("What speaks for and against the chosen class", 28, 28);
  const caption = h("p", { class: "note" });
  const tiles = names.map((name, label) => {
    const canvas = smallCanvas("");
    const value = h("span", { class: "value" });
    const button = h("button", { type: "button", class: "tile", onclick: () => onChoose(label) }, canvas,
      h("span", {}, h("strong", {}, name), " ", value));
    return { canvas, value, button };
  });
  const element = h("div", { class: "attributions" },
    h("figure", { class: "attribution-large" }, large, h("figcaption", {}, caption)),
    h("div", {}, h("ul", { class: "tiles classes" }, ...tiles.map(({ button }) => h("li", {}, button))), legend()));

  return {
    element,
    /**
     * @param {any} explanation
     * @param {number} chosen
     */
    show(explanation, chosen) {
      const maps = names.map((_, label) => explanation.attribution[label]);
      const largest = Math.max(...maps.map(largestOf)); // one scale for all, so that they compare
      maps.forEach((map, label) => {
        paintSigned(tiles[label].canvas, map, largest);
        tiles[label].value.textContent = signed(explanation.logits[label]);
        tiles[label].button.setAttribute("aria-pressed", String(label === chosen));
        tiles[label].button.setAttribute("aria-label", `Class ${names[label]}, score ${signed(explanation.logits[label])}`);
      });
      paintSigned(large, maps[chosen], largestOf(maps[chosen]));
      const pixels = maps[chosen].reduce((/** @type {number} */ sum, /** @type {number} */ value) => sum + value, 0);
      caption.textContent = `Score of ${names[chosen]}: ${signed(explanation.logits[chosen])} = ` +
        `${signed(pixels)} from the pixels ${signed(explanation.bias[chosen])} from the biases`;
    },
  };
}

/** What the colours mean. */
export const legend = (/** @type {string} */ against = "speaks against", /** @type {string} */ speaksFor = "speaks for") =>
  h("p", { class: "legend" }, h("span", { class: "swatch against" }), against, h("span", { class: "swatch for" }), speaksFor);
