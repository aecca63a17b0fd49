/** An answer as a person reads it: what it says, how sure it is, each digit as the network saw it. */

import { announce } from "./announce.js";
import { createBars } from "./bars.js";
import { createCorrection } from "./correct.js";
import { h } from "./dom.js";
import { bytes, orList, percent } from "./format.js";
import { paintInk, smallCanvas } from "./heatmap.js";

/**
 * @param {any} reading The server's answer.
 * @param {string[]} names
 * @returns {string} How sure it is, in a sentence.
 */
export function verdict(reading, names) {
  const digits = reading.digits.filter((/** @type {any} */ digit) => digit.label !== null);
  if (!digits.length) return reading.digits.length ? "This does not look like a digit." : "No digit here yet.";
  const doubtful = digits.filter((/** @type {any} */ digit) => digit.status !== "ok");
  if (digits.length > 1) {
    return `${digits.length} digits, ${doubtful.length ? `not sure of ${doubtful.length}` : "sure of all"}.`;
  }
  const [digit] = digits;
  if (digit.status === "ok") return `Sure: ${percent(digit.confidence)}.`;
  const others = digit.candidates.map((/** @type {number} */ label) => names[label]);
  return others.length > 1 ? `Not sure: ${orList(others)}.` : `Not sure: ${percent(digit.confidence)}.`;
}

/**
 * @param {import("./state.js").Store} store
 * @param {{origin: string, onChoose?: (index: number) => void}} options
 */
export function createAnswer(store, { origin, onChoose = () => {} }) {
  const names = store.get("about").model.class_names;
  const bars = createBars(names);
  const text = h("p", { class: "hero" });
  const sentence = h("p", { class: "verdict" });
  const digits = h("div", { class: "seen", role: "group", "aria-label": "The digits as the network sees them" });
  /** @type {any} */
  let reading = null;
  let chosen = 0;

  const inspect = () => {
    const { images, edition } = reading;
    store.set({ inspected: { image: images[chosen], origin, drawn: edition === undefined ? undefined : { edition, index: chosen } } });
    location.hash = "#inside";
  };
  const correction = createCorrection(store, () =>
    reading?.images?.[chosen] ? { image: reading.images[chosen], was: reading.digits[chosen].label } : null);
  const lookInside = h("button", { type: "button", class: "button", onclick: inspect }, "Look inside");
  const actions = h("div", { class: "answer-actions" }, lookInside, correction);
  const timing = h("p", { class: "timing" });
  const element = h("div", { class: "answer" }, h("div", { class: "headline" }, text, sentence), digits, bars.element,
    actions, timing);

  const choose = (/** @type {number} */ index) => {
    chosen = index;
    const digit = reading.digits[index];
    bars.show(digit?.probabilities ?? [], { chosen: digit?.label, unsure: digit?.status === "unsure" });
    digits.querySelectorAll("button").forEach((/** @type {Element} */ button, /** @type {number} */ at) =>
      button.setAttribute("aria-pressed", String(at === index)));
    onChoose(index);
  };

  const showDigits = () => {
    const tiles = reading.images.map((/** @type {string} */ image, /** @type {number} */ index) => {
      const digit = reading.digits[index];
      const name = digit.label === null ? "not a digit" : names[digit.label];
      const canvas = smallCanvas("");
      paintInk(canvas, bytes(image));
      return h("button", { type: "button", class: `tile ${digit.status}`, onclick: () => choose(index),
        "aria-label": `Digit ${index + 1}: ${name}, ${percent(digit.confidence)}` }, canvas);
    });
    digits.replaceChildren(...tiles);
    digits.hidden = !tiles.length;
  };

  const clear = (/** @type {string} */ words, /** @type {string} */ kind) => {
    reading = null;
    element.dataset.state = kind;
    text.textContent = "";
    sentence.textContent = words;
    digits.hidden = true;
    bars.show([]);
    actions.hidden = true;
    correction.open = false;
    timing.textContent = "";
    announce(words);
  };

  return {
    element,
    /** @param {boolean} busy Whether a newer answer is on its way. */
    setBusy(busy) {
      element.setAttribute("aria-busy", String(busy));
    },
    /** @param {any} answer What the server answered, {error}, or null where there is nothing to answer. */
    show(answer) {
      if (!answer) return clear("No digit here yet.", "empty");
      if (answer.error) return clear(answer.error, "error");
      const before = chosen;
      reading = answer;
      element.dataset.state = answer.status;
      element.dataset.length = answer.text.length > 9 ? "long" : answer.text.length > 3 ? "middle" : "short";
      text.textContent = answer.text;
      sentence.textContent = verdict(answer, names);
      showDigits();
      actions.hidden = !answer.images.length;
      choose(before < answer.images.length ? before : 0);
      timing.textContent = answer.waited ? `Answered in ${Math.max(Math.round(answer.waited), 1)} ms` : "";
      announce(answer.text ? `Read as ${answer.text}. ${sentence.textContent}` : sentence.textContent);
    },
  };
}
