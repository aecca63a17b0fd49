/** Over-fitting and its cures side by side: five runs one after the other, and a small chart for each run that is chosen. */

import * as api from "../api.js";
import { notifyError } from "../announce.js";
import { h } from "../dom.js";
import { percent } from "../format.js";
import { answersInOrder } from "../latest.js";
import { createChart } from "./chart.js";

const MOST = 6; // charts: two rows of three
const LOSS_MAX = 3; // a run that went astray would flatten all others

/** Learns 500 digits by heart; see docs/log.md, 2026-11-30, "over-fitting on the page". */
const BY_HEART = { hidden_sizes: [128, 64], training_images: 500, batch_size: 50, epochs: 60 };
const CURES = [
  { name: "No cure", settings: BY_HEART },
  { name: "Dropout", settings: { ...BY_HEART, dropout: 0.5 } },
  { name: "Distortion", settings: { ...BY_HEART, augment: true } },
  { name: "Five times the images", settings: { ...BY_HEART, training_images: 2500 } },
  { name: "Narrow", settings: { ...BY_HEART, hidden_sizes: [16] } },
];

/**
 * @param {{start: (settings: any) => Promise<string>}} actions Starts a run and gives its id.
 */
export function createSideBySide({ start }) {
  /** @type {typeof CURES} */
  let waiting = [];
  /** @type {string[]} */
  let chosen = [];
  let asked = "";
  const news = answersInOrder();
  const all = h("button", { type: "button", class: "button", onclick: () => {
    waiting = [...CURES];
    chosen = [];
    goOn();
  } }, "Train the five");
  const state = h("p", { class: "note", role: "status" });
  const charts = h("ul", { class: "cures" });
  const element = h("section", { class: "card side-by-side" }, h("h2", {}, "Over-fitting and its cures, side by side"),
    h("p", { class: "note" }, "Five networks learn 500 digits for 60 epochs, one as it is, and four with one change each that is said to help. It takes some minutes; keep this page open. " +
      "Or choose “Beside” at any runs above. Dotted: the loss on images that were learned from; solid: on images held out."),
    h("div", { class: "buttons" }, all), state, charts);
  let isRunning = false;

  const goOn = async () => {
    if (isRunning || !waiting.length) return;
    isRunning = true; // until the list says so itself
    const [next, ...others] = waiting;
    waiting = others;
    try {
      chosen = [...chosen, await start({ ...next.settings, name: next.name })].slice(-MOST);
    } catch (error) {
      waiting = [];
      isRunning = false;
      notifyError(error);
    }
  };
  const draw = async (/** @type {any[]} */ runs) => {
    const shown = chosen.map((id) => runs.find((run) => run.id === id)).filter(Boolean);
    const now = shown.map(({ id, name, epochs_done }) => `${id} ${name} ${epochs_done}`).join();
    if (now === asked) return;
    asked = now;
    if (!shown.length) return charts.replaceChildren();
    const isNews = news();
    try {
      const { curves } = await api.trainingCurves(shown.map(({ id }) => id));
      if (isNews()) charts.replaceChildren(...smallCharts(shown, curves));
    } catch (error) {
      asked = "";
      notifyError(error);
    }
  };

  return {
    element,
    isBeside: (/** @type {string} */ id) => chosen.includes(id),
    /** @param {string} id Comes beside the others, or leaves them. */
    toggle(id) {
      chosen = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-MOST);
    },
    /**
     * @param {any[]} runs All that are kept.
     */
    show(runs) {
      isRunning = runs.some(({ status }) => status === "running");
      all.disabled = isRunning || waiting.length > 0;
      state.textContent = waiting.length ? `Still to come: ${waiting.map(({ name }) => name).join(", ")}.` : "";
      goOn();
      draw(runs);
    },
  };
}

/**
 * One chart a run, all on the same axes.
 *
 * @param {any[]} runs
 * @param {Record<string, Record<string, number[]>>} curves
 */
function smallCharts(runs, curves) {
  const lines = runs.map(({ id }) => [
    { run: /** @type {const} */ ("one"), seen: true, values: curves[id].loss.map(capped) },
    { run: /** @type {const} */ ("one"), seen: false, values: curves[id].validation_loss.map(capped) },
  ]);
  const epochs = Math.max(...runs.map(({ settings }) => settings.epochs));
  return runs.map((run, index) => {
    const { accuracy, validation_accuracy: heldOut } = curves[run.id];
    const chart = createChart(run.name, { format: (value) => Number(value.toPrecision(3)).toString(), describe: () => wordsOf(accuracy, heldOut) });
    chart.show(lines[index], epochs, lines.flat());
    return h("li", {}, chart.element, h("p", { class: "note" }, wordsOf(accuracy, heldOut)));
  });
}

/**
 * @param {number[]} seen
 * @param {number[]} heldOut
 */
const wordsOf = (seen, heldOut) => (heldOut.length ? `Right: ${percent(seen[seen.length - 1])} learned from, ${percent(heldOut[heldOut.length - 1])} held out.`
  : "No epoch is finished yet.");

/** @param {number} loss */
const capped = (loss) => Math.min(loss, LOSS_MAX);
