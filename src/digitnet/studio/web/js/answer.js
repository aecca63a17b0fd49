/** An answer as a person reads it: what it says, how sure it is, each digit as the network saw it. */

import { announce } from "./announce.js";
import { createBars } from "./bars.js";
import { createCorrection } from "./correct.js";
import { h } from "./dom.js";
import { bytes, percent } from "./format.js";
import { paintInk, smallCanvas } from "./heatmap.js";
import { chanceOf, verdict } from "./verdict.js";

const AWAY = "The server does not answer. What is here stays, and is read as soon as it is back.";
const WAITING = "Reading …";

/**
 * @param {import("./state.js").Store} store
 * @param {{origin: string, place: string, empty: string, onChoose?: (index: number) => void}} options Where the digit comes
 *   from, what it is in, and what is said while nothing is there.
 */
export function createAnswer(store, { origin, place, empty, onChoose = () => {} }) {
  const names = store.get("about").model.class_names;
  const bars = createBars(names);
  const text = h("p", { class: "hero" });
  const sentence = h("p", { class: "verdict" });
  const digits = h("div", { class: "seen", role: "group", "aria-label": "The digits as the network sees them" });
  /** @type {any} */
  let reading = null;
  let chosen = 0;

  /** The image that is looked into or corrected; of a reading without digits, what was refused. */
  const imageNow = () => reading?.images[chosen] ?? reading?.refused ?? null;
  const inspect = () => {
    const { edition, digits: found } = reading;
    store.set({ inspected: { image: imageNow(), origin, refused: (found[chosen]?.label ?? null) === null,
      drawn: edition === undefined ? undefined : { edition, index: chosen } } });
    location.hash = "#inside";
  };
  const correction = createCorrection(store, () =>
    imageNow() && { image: imageNow(), was: reading.digits[chosen]?.label ?? null });
  const lookInside = h("button", { type: "button", class: "button", onclick: inspect }, "Look inside");
  const actions = h("div", { class: "answer-actions" }, lookInside, correction);
  const timing = h("p", { class: "timing" });
  const work = h("p", { class: "work", hidden: true }, WAITING);
  const element = h("div", { class: "answer" }, h("div", { class: "headline" }, text, sentence), digits, bars.element,
    actions, timing, work);

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
    if (words) announce(words);
  };

  const show = (/** @type {any} */ answer, /** @type {boolean} */ isSettled) => {
    const before = chosen;
    element.dataset.state = isSettled ? answer.others ? "unsure" : answer.status : "so-far";
    element.dataset.length = answer.text.length > 9 ? "long" : answer.text.length > 3 ? "middle" : "short";
    text.textContent = answer.text;
    sentence.textContent = verdict(answer, names, { isSettled, place });
    const took = answer.waited ? `Answered in ${Math.max(Math.round(answer.waited), 1)} ms` : "";
    timing.textContent = isSettled ? [chanceOf(answer), took].filter(Boolean).join(" · ") : "";
    if (answer !== reading) {
      reading = answer;
      showDigits();
      actions.hidden = !imageNow();
      choose(before < answer.images.length ? before : 0);
    }
    if (isSettled) announce(answer.text ? `Read as ${answer.text}. ${sentence.textContent}` : sentence.textContent);
  };

  return {
    element,
    /** @param {import("./situation.js").Situation} now */
    show(now) {
      element.setAttribute("aria-busy", String(!now.isSettled));
      work.hidden = !(now.isSlow && now.kind === "read");
      element.classList.toggle("slow", now.isSlow && (now.kind === "read" || now.kind === "waiting"));
      if (now.kind === "empty") clear(empty, "empty");
      else if (now.kind === "away") clear(AWAY, "away");
      else if (now.kind === "waiting") clear(now.isSlow ? WAITING : "", "waiting");
      else if (now.kind === "error") clear(now.error ?? "", "error");
      else show(now.reading, now.isSettled);
    },
  };
}
