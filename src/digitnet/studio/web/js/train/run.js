/** The view of one run: its progress, its curves, what its neurons look for, which digits it confuses. */

import { announce } from "../announce.js";
import { h } from "../dom.js";
import { percent, signedBytes } from "../format.js";
import { paintSigned, smallCanvas } from "../heatmap.js";
import { legend } from "../inside/attributions.js";
import { createMatrix } from "../matrix.js";
import { createReplay } from "./replay.js";
import { createCarryAway } from "./carry_away.js";
import { chartKeys, createChart } from "./chart.js";

/** @typedef {import("./log.js").RunLog} RunLog */

const STATES = { running: "training", finished: "finished", stopped: "stopped", failed: "failed", interrupted: "interrupted" };

/**
 * @param {string[]} names Of the classes.
 * @param {Record<"stop" | "resume" | "remove" | "use" | "rename", (id: string) => void>} actions
 */
export function createRunView(names, actions) {
  const title = h("h2");
  const state = h("p", { class: "state" });
  const fill = h("span");
  const bar = h("div", { class: "run-bar", role: "progressbar", "aria-label": "Progress of the run", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const error = h("p", { class: "outcome refused", hidden: true });
  const figures = h("dl", { class: "figures" });
  const loss = createChart("Loss", { format: short, describe: (curves) => inWords(curves, short) });
  const accuracy = createChart("Accuracy", { format: (value) => `${trimmed(100 * value)} %`, describe: (curves) => inWords(curves, percent) });
  const keys = h("div");
  const fields = createFields();
  const matrix = h("div", { class: "matrix-frame" });
  /** @type {() => void} */
  let again = () => {};
  const replay = createReplay(() => again());
  const parts = h("div", { class: "run-parts" }, replay.element, fields.element,
    h("section", {}, h("h3", {}, "Which digits it still confuses"), matrix));
  const carryAway = createCarryAway();
  const buttons = h("div", { class: "buttons" });
  const element = h("section", { class: "card run", "aria-label": "The run" },
    h("div", { class: "run-head" }, h("div", {}, title, state), buttons), bar, error, figures, h("div", { class: "charts" }, loss.element, accuracy.element),
    keys, parts, carryAway.element);
  let drawn = ""; // the epoch that the pictures show, so that they are painted once an epoch and not at each step
  let offered = "";
  let replayed = ""; // the run whose epochs can be gone through

  const showEpoch = (/** @type {import("./log.js").Epoch} */ epoch) => {
    fields.show(epoch.fields ?? []);
    matrix.replaceChildren(createMatrix(epoch.confusion ?? [], names, {
      caption: "Rows: the true digit. Columns: the answer. Counted on 5,000 held-out images.", small: true }));
  };

  const showButtons = (/** @type {RunLog} */ log) => {
    const { id } = log.run;
    const button = (/** @type {string} */ text, /** @type {string} */ kind, /** @type {(id: string) => void} */ act) =>
      h("button", { type: "button", class: `button ${kind}`, onclick: () => act(id) }, text);
    const offer = `${id} ${log.status} ${log.run.resumable} ${log.epochs.length > 0}`;
    if (offer === offered) return;
    offered = offer;
    const wanted = [];
    if (log.running) wanted.push(button("Stop", "", actions.stop));
    else {
      if (log.epochs.length) wanted.push(button("Draw for it", "primary", actions.use));
      if (log.run.resumable) wanted.push(button("Resume", "", actions.resume));
    }
    wanted.push(button("Rename", "", actions.rename));
    if (!log.running) wanted.push(button("Delete", "danger", actions.remove));
    buttons.replaceChildren(...wanted);
  };

  return {
    element,
    /**
     * @param {RunLog} log
     * @param {RunLog | null} other The run that it is compared with.
     */
    show(log, other) {
      const { epochs: wanted } = log.run.settings;
      title.textContent = log.run.name;
      state.textContent = stateOf(log);
      state.dataset.status = log.status;
      error.hidden = !log.error;
      error.textContent = log.error;
      const share = Math.min((log.epochs.length + (log.step?.fraction ?? 0)) / wanted, 1);
      fill.style.transform = `scaleX(${share})`;
      bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      showButtons(log);
      carryAway.show(log);
      const epochs = Math.max(wanted, other?.run.settings.epochs ?? 0);
      const at = `${log.run.id} ${log.run.name} ${log.epochs.length} ${other?.run.id} ${other?.run.name} ${other?.epochs.length} ${Boolean(log.result)}`;
      if (at === drawn) {
        if (log.running && log.steps.length) loss.show(curvesOf(log, other, "loss"), epochs);
        return;
      }
      drawn = at;
      showFigures(figures, log, other);
      loss.show(curvesOf(log, other, "loss"), epochs);
      accuracy.show(curvesOf(log, other, "accuracy"), epochs);
      keys.replaceChildren(chartKeys(Boolean(other), [log.run.name, other?.run.name ?? ""]));
      const pictured = log.epochs.filter((epoch) => epoch.confusion);
      parts.hidden = !pictured.length;
      again = () => showEpoch(pictured[replay.show(pictured.length, false) - 1]);
      const chosen = pictured[replay.show(pictured.length, log.run.id !== replayed) - 1];
      replayed = log.run.id;
      if (chosen) showEpoch(chosen);
      const { newest } = log;
      if (newest && log.running) announce(`Epoch ${newest.epoch}: ${percent(newest.validation_accuracy)} correct.`);
    },
  };
}

/** @param {RunLog} log */
function stateOf(log) {
  const { epochs } = log.run.settings;
  if (!log.running) return `${STATES[/** @type {keyof STATES} */ (log.status)] ?? log.status} after ${log.epochs.length} of ${epochs} epochs`;
  if (log.saving) return "saving the network";
  if (!log.epochs.length && !log.step?.fraction) return "preparing the first epoch";
  return `epoch ${Math.min(log.epochs.length + 1, epochs)} of ${epochs}`;
}

/**
 * @param {HTMLElement} list
 * @param {RunLog} log
 * @param {RunLog | null} other
 */
function showFigures(list, log, other) {
  const last = (/** @type {RunLog | null} */ of) => of?.epochs.at(-1);
  /** @type {[string, (of: RunLog | null) => string | undefined][]} */
  const wanted = [
    ["Accuracy, held-out images", (of) => last(of) && percent(last(of)?.validation_accuracy ?? 0)],
    ["Loss, held-out images", (of) => last(of)?.validation_loss.toFixed(3)],
    ["Accuracy, training images", (of) => last(of) && percent(last(of)?.accuracy ?? 0)],
    ["Seconds per epoch", (of) => last(of)?.seconds.toFixed(1)],
  ];
  if (log.result?.test) wanted.push(["Accuracy, test set", (of) => of?.result?.test && percent(of.result.test.accuracy)]);
  list.replaceChildren(...wanted.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value(log) ?? "–"),
    other ? h("dd", { class: "other" }, `${other.run.name.split(":")[0]}: ${value(other) ?? "–"}`) : null)));
}

/**
 * @param {RunLog} log
 * @param {RunLog | null} other
 * @param {"loss" | "accuracy"} what
 * @returns {import("./chart.js").Curve[]}
 */
function curvesOf(log, other, what) {
  /** @type {import("./chart.js").Curve[]} */
  const live = what === "loss" && log.steps.length
    ? [{ run: "one", seen: true, values: log.steps.map((step) => step.loss), at: log.steps.map((step) => step.at) }] : [];
  return [...live, ...(other ? [other, log] : [log]).flatMap((/** @type {RunLog} */ of) => {
    const run = of === log ? "one" : "two";
    return [
      { run, seen: true, values: of.epochs.map((epoch) => epoch[what]) },
      { run, seen: false, values: of.epochs.map((epoch) => epoch[/** @type {"validation_loss"} */ (`validation_${what}`)]) },
    ];
  })];
}

/** What the first neurons of the first layer look for. */
function createFields() {
  /** @type {HTMLCanvasElement[]} */
  const canvases = [];
  const list = h("ul", { class: "tiles" });
  const element = h("section", {}, h("h3", {}, "What its first neurons look for"), legend("quiets it", "excites it"), list);
  return {
    element,
    /** @param {string[]} fields */
    show(fields) {
      while (canvases.length < fields.length) {
        canvases.push(smallCanvas(`What neuron ${canvases.length} looks for`));
        list.append(h("li", {}, canvases[canvases.length - 1]));
      }
      while (canvases.length > fields.length) {
        canvases.pop();
        list.lastElementChild?.remove();
      }
      fields.forEach((field, index) => paintSigned(canvases[index], signedBytes(field)));
    },
  };
}

/** @param {number} value */
const trimmed = (value) => Number(value.toFixed(2)).toString();
/** @param {number} value */
const short = (value) => (Math.abs(value) < 1e-9 ? "0" : Number(value.toPrecision(3)).toString());

/**
 * @param {import("./chart.js").Curve[]} curves
 * @param {(value: number) => string} format
 */
function inWords(curves, format) {
  const sentences = curves.filter(({ seen, values }) => !seen && values.length).map(({ run, values }) =>
    `${run === "one" ? "This run" : "The other run"}: from ${format(values[0])} to ${format(values[values.length - 1])} in ${values.length} epochs, on held-out images`);
  return sentences.length ? `${sentences.join(". ")}.` : "No epoch is finished yet.";
}
