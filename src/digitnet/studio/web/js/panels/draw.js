/** Panel 1: draw, and see the answer while you draw. */

import { createAnswer } from "../answer.js";
import { noteInAddress, readAddress } from "../address.js";
import { createBoxes } from "../boxes.js";
import { byId, h, icon } from "../dom.js";
import { createPad } from "../pad.js";
import { onSituation, situationOfDrawing } from "../situation.js";

const HINT = "Keyboard: arrow keys move the pen, Space puts it down or lifts it, Backspace takes a stroke back, Delete clears.";
const PEN = { min: 8, max: 60, value: 26 };

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export function createDrawPanel(store, drawing) {
  const width = h("input", { type: "range", id: "pen", ...PEN });
  const pad = createPad(drawing, { label: "Drawing pad", describedBy: "pad-keys", penWidth: () => Number(width.value) });
  const boxes = createBoxes();
  const hint = h("p", { class: "pad-hint", "aria-hidden": "true" }, "Draw a digit, or a whole number");
  const button = (/** @type {string} */ name, /** @type {string} */ text, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "button", onclick }, icon(name), text);
  const undo = button("undo", "Undo", () => drawing.undo());
  const clear = button("clear", "Clear", () => drawing.clear());
  byId("draw-pad").append(
    h("div", { class: "pad-frame" }, pad, boxes.element, hint),
    h("div", { class: "toolbar" }, undo, clear, h("label", { class: "pen" }, "Pen", width), modeSwitch(store)),
    h("p", { class: "note", id: "pad-keys" }, HINT),
  );

  const names = store.get("about").model.class_names;
  const showBoxes = (/** @type {number} */ chosen) => {
    const reading = store.get("reading");
    // A box around the only digit would say nothing.
    if (reading?.digits?.length > 1) boxes.show(reading, names, chosen);
    else boxes.clear();
  };
  const answer = createAnswer(store, { origin: "your drawing", place: "drawing",
    empty: "Nothing is drawn yet. Draw a digit, and the answer appears here.", onChoose: showBoxes });
  byId("draw-answer").append(h("h2", { class: "unseen" }, "Answer"), answer.element);

  const show = () => {
    const situation = situationOfDrawing(store, drawing);
    answer.show(situation);
    if (situation.kind !== "read") boxes.clear();
  };
  const showTools = () => {
    hint.hidden = !drawing.empty;
    undo.disabled = clear.disabled = drawing.empty;
  };
  drawing.onChange(showTools);
  onSituation(store, drawing, show);
  showTools();
  show();

  return {
    show() {
      const mode = readAddress().settings.get("mode") === "digit" ? "digit" : store.get("mode");
      store.set({ mode });
      noteInAddress({ mode: mode === "digit" ? "digit" : null });
    },
  };
}

/** @param {import("../state.js").Store} store */
function modeSwitch(store) {
  const choices = /** @type {const} */ ({ number: "Number", digit: "One digit" });
  const inputs = Object.entries(choices).map(([mode, text]) => {
    const input = h("input", { type: "radio", name: "mode", value: mode, onchange: () => {
      store.set({ mode: /** @type {"number" | "digit"} */ (mode) });
      noteInAddress({ mode: mode === "digit" ? "digit" : null });
    } });
    return { input, label: h("label", {}, input, h("span", {}, text)) };
  });
  const show = () => inputs.forEach(({ input }) => { input.checked = input.value === store.get("mode"); });
  store.on("mode", show);
  show();
  return h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "Read it as"), ...inputs.map(({ label }) => label));
}
