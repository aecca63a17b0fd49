/** A confusion matrix as a table: rows what it is, columns what it was taken for. */

import { largestOf } from "./heatmap.js";
import { h } from "./dom.js";
import { plural } from "./format.js";

/**
 * @param {number[][]} counts [true][predicted]
 * @param {string[]} names
 * @param {{onChoose?: (truth: number, predicted: number) => void, chosen?: number[] | null, caption: string, small?: boolean}} options
 *   Without onChoose the cells are plain text.
 * @returns {HTMLTableElement}
 */
export function createMatrix(counts, names, { onChoose, chosen, caption, small = false }) {
  const wrong = counts.map((row, truth) => row.map((count, predicted) => (truth === predicted ? 0 : count)));
  const most = Math.max(...wrong.map(largestOf), 1);
  const cell = (/** @type {number} */ truth, /** @type {number} */ predicted) => {
    const count = counts[truth][predicted];
    const text = count ? String(count) : "0";
    const kind = truth === predicted ? "right" : count ? "wrong" : "none";
    const content = onChoose && count ? h("button", {
      type: "button",
      "aria-label": `${plural(count, "image")} of ${names[truth]} taken for ${names[predicted]}`,
      "aria-pressed": String(chosen?.[0] === truth && chosen?.[1] === predicted),
      onclick: () => onChoose(truth, predicted),
    }, text) : text;
    const element = h("td", { class: kind }, content);
    if (kind === "wrong") shade(element, count / most);
    return element;
  };
  const head = h("tr", {}, h("td", { class: "corner" }), ...names.map((name) => h("th", { scope: "col" }, name)));
  const rows = names.map((name, truth) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...names.map((_, predicted) => cell(truth, predicted))));
  return h("table", { class: small ? "matrix small" : "matrix" }, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, ...rows));
}

/**
 * The more mistakes, the darker the cell; its text stays readable on it.
 *
 * @param {HTMLElement} element
 * @param {number} share 0 to 1.
 */
function shade(element, share) {
  element.style.setProperty("--share", `${Math.round(12 + 88 * Math.sqrt(share))}%`);
}
