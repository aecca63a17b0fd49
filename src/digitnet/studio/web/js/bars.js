/** The probability of each class as bars. */

import { percent } from "./format.js";
import { h } from "./dom.js";

/** @param {string[]} classNames */
export function createBars(classNames) {
  const rows = classNames.map((name) => {
    const fill = h("span", { class: "bar-fill" });
    const mark = h("span", { class: "bar-mark", hidden: true });
    const value = h("span", { class: "bar-value" });
    const row = h("li", {}, h("span", { class: "bar-name" }, name), h("span", { class: "bar-track" }, fill, mark), value);
    return { row, fill, mark, value };
  });
  const element = h("ol", { class: "bars", "aria-label": "Probability of each class" }, ...rows.map(({ row }) => row));

  return {
    element,
    /**
     * @param {number[]} probabilities One a class; an empty list clears the bars.
     * @param {{chosen?: number | null, unsure?: boolean, before?: number[]}} [options] The class to stress; marks
     *   where the bars would end without a change.
     */
    show(probabilities, { chosen = null, unsure = false, before } = {}) {
      element.classList.toggle("unsure", unsure);
      rows.forEach(({ row, fill, mark, value }, label) => {
        const probability = probabilities[label] ?? 0;
        row.classList.toggle("chosen", label === chosen);
        fill.style.transform = `scaleX(${probability})`;
        value.textContent = probabilities.length ? percent(probability) : "";
        mark.hidden = !before;
        if (before) mark.style.left = `${100 * before[label]}%`;
      });
    },
  };
}
