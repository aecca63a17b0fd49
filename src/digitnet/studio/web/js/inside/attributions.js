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
  const caption = h("div");
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
      caption.replaceChildren(h("p", { class: "note" }, `The score of ${names[chosen]} as a sum`), sumOf(explanation, chosen));
    },
  };
}

/**
 * The parts of a score, and the score below them.
 *
 * @param {any} explanation
 * @param {number} label
 */
function sumOf(explanation, label) {
  const total = (/** @type {(value: number) => boolean} */ counts) => explanation.attribution[label]
    .reduce((/** @type {number} */ sum, /** @type {number} */ value) => sum + (counts(value) ? value : 0), 0);
  const rest = explanation.is_piecewise_linear ? "neurons woken or silenced" : "rounded in the sum";
  const rows = [
    ["blank paper", explanation.blank[label], ""],
    ["ink that speaks for it", total((value) => value > 0), "for"],
    ["ink that speaks against it", total((value) => value < 0), "against"],
    ...(explanation.layers.length ? [[rest, explanation.switched[label], ""]] : []),
    ["the score", explanation.logits[label], "total"],
  ];
  return h("table", { class: "sum" }, h("tbody", {}, ...rows.map(([name, value, kind]) =>
    h("tr", { class: kind }, h("th", { scope: "row" }, name), h("td", {}, signed(value))))));
}

/** What the colours mean. */
export const legend = (/** @type {string} */ against = "speaks against", /** @type {string} */ speaksFor = "speaks for") =>
  h("p", { class: "legend" }, h("span", { class: "swatch against" }), against, h("span", { class: "swatch for" }), speaksFor);
