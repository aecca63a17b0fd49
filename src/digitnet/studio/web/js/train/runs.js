/** The runs that are kept here: choose one, compare it with another. */

import { h } from "../dom.js";
import { percent, plural } from "../format.js";

const HELD_OUT = 5000; // runs of older versions counted these with the others

/**
 * @param {{choose: (id: string) => void, compare: (id: string) => void, beside: (id: string) => void, isBeside: (id: string) => boolean}} actions
 */
export function createRuns({ choose, compare, beside, isBeside }) {
  const list = h("ol", { class: "runs" });
  const element = h("section", { class: "card", hidden: true }, h("h2", {}, "Runs kept here"),
    h("p", { class: "note" }, "Show a run, or compare another one with it. The oldest runs are deleted to make room for new ones."), list);

  const row = (/** @type {any} */ run, /** @type {string} */ chosen, /** @type {string} */ compared) => {
    const button = (/** @type {string} */ text, /** @type {boolean} */ pressed, /** @type {() => void} */ onclick, /** @type {string} */ act) =>
      h("button", { type: "button", class: "button small", "aria-pressed": String(pressed), "aria-label": `${text} ${run.name}`,
        "data-act": act, "data-run": run.id, onclick }, text);
    return h("li", { class: run.id === chosen ? "chosen" : run.id === compared ? "compared" : "" },
      h("div", {}, h("strong", {}, run.name), h("span", { class: "note" }, about(run))),
      h("div", { class: "buttons" }, button("Show", run.id === chosen, () => choose(run.id), "show"),
        button("Beside", isBeside(run.id), () => beside(run.id), "beside"),
        run.id === chosen || !chosen ? null : button("Compare", run.id === compared, () => compare(run.id), "compare")));
  };

  return {
    element,
    /**
     * @param {any[]} runs
     * @param {string} chosen
     * @param {string} compared
     */
    show(runs, chosen, compared) {
      const { run, act } = /** @type {any} */ (list.contains(document.activeElement) ? document.activeElement : null)?.dataset ?? {};
      element.hidden = !runs.length;
      list.replaceChildren(...runs.map((one) => row(one, chosen, compared)));
      list.querySelector(`[data-run="${run}"][data-act="${act}"]`)?.focus();
    },
  };
}

/** @param {any} run */
function about(run) {
  const { settings, status, epochs_done: done, validation_accuracy: accuracy } = run;
  const parts = [plural(settings.training_images ?? settings.images - HELD_OUT, "image"), `${settings.activation}, ${settings.optimizer} at ${settings.learning_rate}`];
  if (settings.dropout) parts.push(`dropout ${settings.dropout}`);
  if (settings.augment) parts.push("distorted images");
  parts.push(status === "finished" ? plural(settings.epochs, "epoch") : `${status} after ${done} of ${settings.epochs} epochs`);
  if (accuracy != null) parts.push(`${percent(accuracy)} correct`);
  return parts.join(" · ");
}
