/** One step of a lesson: its text, its fields, and what is missing until it is done. */

import { readAddress } from "../address.js";
import { h } from "../dom.js";

/** @typedef {import("./checks.js").Step} Step */

/**
 * @param {Step} step
 * @param {import("./checks.js").Witness} witness
 * @param {{onDone: () => void, isDone: () => boolean}} options
 */
export function createStepView(step, witness, { onDone, isDone }) {
  /** @type {import("./checks.js").Memory} */
  const memory = {};
  const asks = step.asks ?? [];
  const status = h("p", { class: "dock-status", role: "status" });
  const fields = asks.map(({ name, label }) => ({ name, label, input: h("input", { type: "text", inputmode: "text", autocomplete: "off", size: 8 }) }));
  const widget = step.widget?.(witness, memory, () => look());
  const go = h("a", { class: "button small", href: step.place ?? "#" }, step.go ?? `Open ${titleOf(step.place ?? "")}`);
  const form = h("form", { class: "dock-form", hidden: !asks.length, onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    answer();
  } }, ...fields.map(({ label, input }) => h("label", {}, h("span", {}, label), input)), h("button", { class: "button" }, "Check"));
  const element = h("div", { class: "dock-step" }, h("h2", {}, step.title),
    ...step.text.map((words, index) => h("p", { class: index === step.text.length - 1 ? "dock-task" : "" }, words)),
    step.place ? go : null, widget?.element, form, status);

  const say = (/** @type {string} */ words, /** @type {string} */ kind) => {
    if (status.textContent !== words) status.textContent = words;
    status.className = `dock-status ${kind}`;
  };
  const answer = () => {
    /** @type {Record<string, number>} */
    const values = {};
    for (const { name, label, input } of fields) {
      values[name] = numberIn(input.value);
      if (Number.isNaN(values[name])) {
        input.focus();
        return say(`Not yet: write a number into “${label}”, such as 0.5.`, "refused");
      }
    }
    const missing = step.check(witness, memory, values);
    if (missing) return say(`Not yet: ${missing}`, "refused");
    onDone();
    say("Right. This step is done.", "done");
  };

  const look = () => {
    go.hidden = !step.go && readAddress().panel === readPanel(step.place);
    step.see?.(witness, memory);
    widget?.show();
    if (isDone()) return say("This step is done.", "done");
    if (asks.length) return;
    const missing = step.check(witness, memory, {});
    if (!missing) {
      onDone();
      say("This step is done.", "done");
    } else if (!status.classList.contains("refused")) say(`To do: ${missing}`, "open");
    else say(`Not yet: ${missing}`, "refused");
  };
  return {
    element,
    look,
    /** Someone wants to go on before the step is done. */
    refuse() {
      const missing = asks.length ? "" : step.check(witness, memory, {});
      if (asks.length) answer();
      else if (missing) say(`Not yet: ${missing}`, "refused");
      else look();
    },
  };
}

/**
 * A number as people write it: with a point or a comma, with any minus, with or without a sign of per cent. 13,002 is
 * thirteen thousand and two, and 2,079 a little more than two.
 *
 * @param {string} text
 * @returns {number} NaN where it is none.
 */
export function numberIn(text) {
  const plain = text.trim().replace(/[\u2212\u2013]/g, "-").replace(/\s?%$/, "").replace(/^(\d{2,3}),(\d{3})$/, "$1$2").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
}

/** @param {string | undefined} place */
const readPanel = (place) => (place ?? "").slice(1).split("?")[0];

/** @param {string} place */
const titleOf = (place) => {
  const panel = readPanel(place);
  return `the panel ${panel.charAt(0).toUpperCase()}${panel.slice(1)}`;
};
