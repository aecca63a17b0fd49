/** A change that was found, pixel after pixel: a slider, and the probability of both answers on the way. */

import { h, svg } from "../dom.js";
import { percent, plural } from "../format.js";

const [WIDE, HIGH] = [300, 110];

/**
 * @param {string[]} names
 * @param {(step: number) => void} onStep
 */
export function createSteps(names, onStep) {
  const slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "How many of the pixels are changed",
    oninput: () => onStep(Number(slider.value)) });
  const chart = h("div", { class: "step-chart", "aria-hidden": "true" });
  const words = h("p", { class: "note" });
  const element = h("div", { class: "change-steps", hidden: true }, chart, slider, words);

  return {
    element,
    /**
     * @param {any} found As the server tells it; null where there is nothing to show.
     * @param {number} step
     */
    show(found, step) {
      element.hidden = !found;
      if (!found) return;
      const { steps, before, label } = found;
      slider.max = String(steps.length - 1);
      slider.value = String(step);
      const share = (/** @type {number} */ one) => `${names[one]} at ${percent(steps[step][one])}`;
      words.textContent = `With ${step} of ${plural(steps.length - 1, "pixel")} changed: ${share(before.label)}, ${share(label)}.`;
      slider.setAttribute("aria-valuetext", words.textContent);
      chart.replaceChildren(drawChart(steps, [before.label, label], names, step));
    },
  };
}

/**
 * @param {number[][]} steps
 * @param {number[]} labels The answer before, and after.
 * @param {string[]} names
 * @param {number} step
 */
function drawChart(steps, labels, names, step) {
  const x = (/** @type {number} */ at) => 22 + (at / (steps.length - 1)) * (WIDE - 44);
  const y = (/** @type {number} */ share) => 8 + (1 - share) * (HIGH - 16);
  const lines = labels.flatMap((label, place) => {
    const points = steps.map((row, at) => `${x(at)},${y(row[label])}`).join(" ");
    const end = place ? steps.length - 1 : 0;
    return [
      svg("polyline", { points, class: place ? "after" : "before" }),
      ...steps.map((row, at) => svg("circle", { cx: x(at), cy: y(row[label]), r: at === step ? 5 : 2.5, class: place ? "after" : "before" })),
      svg("text", { x: place ? WIDE - 8 : 8, y: y(steps[end][label]) + 5, "text-anchor": "middle", class: place ? "after" : "before" }, names[label]),
    ];
  });
  return svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}` }, svg("line", { x1: x(0), x2: x(steps.length - 1), y1: y(0.5), y2: y(0.5), class: "half" }), ...lines);
}
