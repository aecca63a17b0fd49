/** The column of the glass box that stays in sight: a pad, the image as the network sees it, and the answer. */

import { announce } from "../announce.js";
import { createBars } from "../bars.js";
import { createCorrection } from "../correct.js";
import { h } from "../dom.js";
import { bytes, percent } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";
import { createPad } from "../pad.js";

const REFUSED = "Draw does not take this for a digit. The network in here knows nothing but its classes, and names the " +
  "likeliest one whatever it is shown.";

/**
 * The column that stays in sight: the image, the answer, a small pad.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => void} onRestore All neurons are to be on again.
 */
export function createSide(store, drawing, onRestore) {
  const names = store.get("about").model.class_names;
  const image = smallCanvas("The image as the network sees it");
  const hero = h("p", { class: "hero" });
  const origin = h("p", { class: "note" });
  const sentence = h("p", { class: "side-sentence" });
  const bars = createBars(names);
  const refusal = h("p", { class: "note" }, REFUSED);
  const work = h("p", { class: "work", hidden: true });
  const moved = h("span");
  const switches = h("p", { class: "switches" });
  const restore = h("button", { type: "button", class: "button small", onclick: onRestore }, "Switch all on");
  /** @type {any} */
  let answered = null;
  const correction = createCorrection(store, () =>
    answered && { image: answered.image, was: answered.label });
  const pad = createPad(drawing, { label: "Small drawing pad", describedBy: "inside-keys", penWidth: () => 26 });
  const empty = h("p", { class: "note" });
  const result = h("div", { class: "side-result", hidden: true },
    h("div", { class: "side-head" }, image, h("div", {}, hero, origin)), work, switches, bars.element, refusal, sentence, correction);
  const element = h("aside", { class: "card inside-side", "aria-label": "Image and answer" },
    h("div", { class: "mini-pad" }, h("div", { class: "pad-frame" }, pad),
      h("div", { class: "toolbar" },
        h("button", { type: "button", class: "button small", onclick: () => drawing.undo() }, "Undo"),
        h("button", { type: "button", class: "button small", onclick: () => drawing.clear() }, "Clear")),
      h("p", { class: "unseen", id: "inside-keys" }, "Arrow keys move the pen, Space puts it down or lifts it.")),
    h("div", { class: "side-answer" }, result, empty));

  return {
    element,
    /**
     * Instead of an answer.
     *
     * @param {string} message
     */
    say(message) {
      if (message && message !== empty.textContent) announce(message);
      empty.hidden = false;
      empty.textContent = message;
      result.hidden = true;
    },
    /** @param {string} message That a newer explanation is on its way; "" where none is. */
    setWork(message) {
      work.hidden = !message;
      work.textContent = message;
    },
    /**
     * @param {import("../state.js").Inspected} inspected
     * @param {any} explanation
     * @param {number} off How many neurons are switched off.
     */
    show(inspected, explanation, off) {
      result.hidden = false;
      empty.hidden = true;
      answered = { image: inspected.image, label: inspected.refused ? null : explanation.label };
      const before = explanation.without_changes;
      const truth = inspected.truth ?? null;
      paintInk(image, bytes(inspected.image));
      hero.textContent = names[explanation.label];
      hero.classList.toggle("wrong", truth !== null && truth !== explanation.label);
      origin.textContent = `${percent(explanation.probabilities[explanation.label])} · ${inspected.origin}` +
        (truth === null ? "" : `, a ${names[truth]}`);
      sentence.textContent = explanation.sentences.answer;
      bars.show(explanation.probabilities, { chosen: explanation.label, before: off ? before.probabilities : undefined });
      switches.hidden = !off;
      moved.textContent = explanation.sentences.change;
      if (!switches.firstChild) switches.append(moved, restore);
      refusal.hidden = !inspected.refused;
      announce(off ? moved.textContent ?? "" : sentence.textContent ?? "");
    },
  };
}
