/** Which learning rate to begin with: the loss while the rate grows from step to step. */

import * as api from "../api.js";
import { announce } from "../announce.js";
import { h, svg } from "../dom.js";

const WIDTH = 300;
const HEIGHT = 130;
const MARGIN = 18; // below the curve, for the rates

/**
 * @param {{settings: () => Record<string, unknown>, onTake: (rate: number) => void}} options The settings of now; a rate is taken.
 */
export function createRateFinder({ settings, onTake }) {
  let suggestion = 0;
  const words = h("p", { class: "note", role: "status" }, "Trains for a moment while the rate grows, and looks where the loss falls.");
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const chart = h("div", { class: "chart rate-chart", hidden: true }, drawing);
  const take = h("button", { type: "button", class: "button small", hidden: true, onclick: () => onTake(suggestion) });
  const search = h("button", { type: "button", class: "button small", onclick: async () => {
    search.disabled = true;
    chart.hidden = take.hidden = true;
    words.textContent = "Trying rates from 0.00001 to 1: a quarter of a minute …";
    try {
      const found = await api.searchRates(settings());
      ({ suggestion } = found);
      const least = found.rates[found.losses.indexOf(Math.min(...found.losses))];
      words.textContent = `The loss falls up to a rate of about ${Number(least.toPrecision(2))}, and then rises. A tenth of that is a good rate to begin with: ${suggestion}.`;
      chart.hidden = take.hidden = false;
      take.textContent = `Take ${suggestion}`;
      drawing.setAttribute("aria-label", `Loss while the learning rate grows. ${words.textContent}`);
      drawing.replaceChildren(...curveOf(found, suggestion));
      announce(words.textContent);
    } catch (error) {
      words.textContent = /** @type {Error} */ (error).message;
    }
    search.disabled = false;
  } }, "Find a learning rate");
  return h("div", { class: "rate-finder" }, h("div", { class: "buttons" }, search, take), words, chart);
}

/**
 * @param {{rates: number[], losses: number[]}} found
 * @param {number} suggestion
 */
function curveOf({ rates, losses }, suggestion) {
  const [low, high] = [Math.min(...losses), Math.min(Math.max(...losses), 2 * losses[0])];
  const x = (/** @type {number} */ rate) => WIDTH * (Math.log10(rate) + 5) / 5;
  const y = (/** @type {number} */ loss) => 4 + (HEIGHT - MARGIN - 8) * (1 - (Math.min(loss, high) - low) / (high - low || 1));
  const points = rates.map((rate, index) => `${x(rate).toFixed(1)},${y(losses[index]).toFixed(1)}`).join(" ");
  const marks = [-4, -3, -2, -1].flatMap((power) => [
    svg("line", { class: "grid", x1: x(10 ** power), x2: x(10 ** power), y1: 0, y2: HEIGHT - MARGIN }),
    svg("text", { x: x(10 ** power), y: HEIGHT - 4, "text-anchor": "middle" }, String(10 ** power)),
  ]);
  return [...marks, svg("line", { class: "suggestion", x1: x(suggestion), x2: x(suggestion), y1: 0, y2: HEIGHT - MARGIN }), svg("polyline", { class: "one", points })];
}
