/** A lesson: a copy of the network learns the corrections, is compared with the network, and may take its place. */

import { h } from "../dom.js";
import { percent, plural } from "../format.js";

const ADVICE = "The copy learns your corrections together with MNIST, so that it does not forget what it knew. It answers " +
  "only if you choose it, if it reads more of your corrections right than before, and if its accuracy on the test set did not " +
  "fall by more than 0.1 percentage points.";

/**
 * @param {Record<"teach" | "stop" | "remove" | "use", () => void>} actions
 */
export function createLesson(actions) {
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, kind = "") =>
    h("button", { type: "button", class: `button ${kind}`, onclick }, text);
  const teach = button("Teach a copy of the network", actions.teach, "primary");
  const why = h("p", { class: "note" });
  const fill = h("span");
  const bar = h("div", { class: "run-bar", role: "progressbar", "aria-label": "Progress of the lesson", "aria-valuemin": 0,
    "aria-valuemax": 100 }, fill);
  const state = h("p", { class: "note" });
  const stop = button("Stop", actions.stop);
  const outcome = h("div", { class: "stack lesson-outcome" });
  const element = h("section", { class: "card stack" }, h("h2", {}, "Teach a copy"), h("p", {}, ADVICE), teach, why, bar, state, stop, outcome);

  return {
    element,
    /**
     * @param {{corrections: number | null, reason: string, log: import("../train/log.js").RunLog | null, used: boolean}} now How many
     *   digits there are to learn from, null where that is not known; the reason why nothing can be taught here, or ""; the newest lesson; whether its network is the one that answers.
     */
    show({ corrections, reason, log, used }) {
      const running = Boolean(log?.running);
      teach.disabled = Boolean(reason) || !corrections || running;
      teach.hidden = running;
      teach.classList.toggle("primary", !log?.result?.accepted);
      why.textContent = reason || (corrections === 0 ? "There is no corrected digit to learn from yet." : "");
      bar.hidden = stop.hidden = !running;
      const share = progress(log);
      fill.style.transform = `scaleX(${share})`;
      bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      state.textContent = running ? stageOf(log) : "";
      outcome.hidden = running || !log;
      if (running || !log) return;
      outcome.replaceChildren(...(log.result ? outcomeOf(log.result, used, actions) : [h("p", { class: "outcome refused" },
        log.error || "The lesson was stopped before its end.")]));
    },
  };
}

/** @param {import("../train/log.js").RunLog | null} log */
function progress(log) {
  const epochs = log?.run.settings?.epochs ?? 1;
  return Math.min(((log?.epochs.length ?? 0) + (log?.step?.fraction ?? 0)) / epochs, 1);
}

/** @param {import("../train/log.js").RunLog | null} log */
function stageOf(log) {
  if (log?.saving) return "Saving and measuring the taught copy.";
  const epochs = log?.run.settings?.epochs ?? 1;
  if (!log?.epochs.length && !log?.step?.fraction) return "Preparing.";
  return `Epoch ${Math.min((log?.epochs.length ?? 0) + 1, epochs)} of ${epochs}.`;
}

/**
 * @param {any} result
 * @param {boolean} used
 * @param {Record<"remove" | "use", () => void>} actions
 */
function outcomeOf(result, used, actions) {
  const row = (/** @type {string} */ name, /** @type {any} */ before, /** @type {any} */ after) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, right(before)), h("td", {}, right(after)));
  const table = h("table", { class: "before-after" },
    h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, "before"), h("th", { scope: "col" }, "after"))),
    h("tbody", {}, row("Test set", result.before.test, result.after.test),
      row("Your corrections", result.before.corrections, result.after.corrections)));
  const learned = learnedWords(result.before.corrections, result.after.corrections);
  const words = result.accepted ? h("p", { class: "outcome" }, `${learned} ${used ? "It answers now." : "It may answer."}`)
    : h("p", { class: "outcome refused" }, result.reason || "Its accuracy on the test set fell by more than 0.1 percentage points, so the copy is not used.");
  const use = h("button", { type: "button", class: "button primary", onclick: actions.use }, used ? "Go back to the network before" : "Let it answer");
  return [h("h3", {}, "Accuracy before and after"), table, words, h("div", { class: "buttons" }, result.accepted ? use : null,
    h("button", { type: "button", class: "button danger", onclick: actions.remove }, "Delete the copy"))];
}

/**
 * What the copy has learned of the corrections.
 *
 * @param {{n: number, errors: number}} before
 * @param {{n: number, errors: number}} after
 */
function learnedWords(before, after) {
  const [was, is] = [before, after].map(({ n, errors }) => n - errors);
  return `The copy reads ${is} of your ${plural(after.n, "correction")} right; the network before it reads ${was}.`;
}

/** @param {{n: number, errors: number, accuracy: number}} measure */
const right = ({ n, errors, accuracy }) => (n > 1000 ? percent(accuracy) : `${plural(n - errors, "right", "right")} of ${n}`);
