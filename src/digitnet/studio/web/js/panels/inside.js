/** Panel 3, the glass box: the real layers for one image, and what happens when neurons are switched off. */

import * as api from "../api.js";
import { announce, notifyError } from "../announce.js";
import { createBars } from "../bars.js";
import { createCorrection } from "../correct.js";
import { byId, h } from "../dom.js";
import { bytes, percent } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";
import { createAttributions, legend } from "../inside/attributions.js";
import { createLayer, showNeuron } from "../inside/layer.js";
import { latestWins } from "../latest.js";
import { createPad } from "../pad.js";

const DRAWING = "your drawing";
const RETRY_MILLISECONDS = 1500; // until the server has looked at all training digits

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export function createInsidePanel(store, drawing) {
  const names = store.get("about").model.class_names;
  /** @type {number[][]} */
  let switchedOff = [];
  /** @type {number | null} */
  let label = null; // the class to explain; null is the answer
  let again = 0;
  let isExplaining = false;

  const side = createSide(store, drawing, () => switchOff([]));
  const parts = createParts(names, (chosen) => {
    label = chosen;
    explain();
  });
  byId("inside-body").append(h("div", { class: "inside-columns" }, side.element, parts.element));

  const explain = latestWins(async () => {
    const inspected = store.get("inspected");
    if (!inspected) side.say("Nothing to look at yet: draw a digit here.");
    else if (side.result.hidden) side.say("Looking inside …"); // the first time it takes a moment
    if (!inspected) parts.element.hidden = true;
    if (!inspected || byId("panel-inside").hidden) return;
    const [model, off, chosen] = [store.get("model"), switchedOff, label];
    const isLate = () => store.get("model") !== model || switchedOff !== off || label !== chosen ||
      !isSameSubject(inspected, store.get("inspected"));
    try {
      const explanation = await api.explain({ image: inspected.image, model, switched_off: off, label });
      if (isLate()) return;
      side.show(inspected, explanation, off.length);
      parts.show(explanation, label ?? explanation.label, { onSwitch, onLook });
      clearTimeout(again);
      if (!explanation.neighbours_ready) again = setTimeout(explain, RETRY_MILLISECONDS);
    } catch (error) {
      if (isLate()) return;
      side.say(/** @type {Error} */ (error).message);
      parts.element.hidden = true;
    }
  }, (busy) => {
    isExplaining = busy;
    showBusy();
  });
  const showBusy = () => side.element.setAttribute("aria-busy", String(isExplaining || store.get("isReading")));

  /** @type {Map<number, {unit: number, showSwitch?: (isOff: boolean) => void}>} */
  const asked = new Map(); // by layer: the neuron that was asked for last, and the label of its switch once it is shown
  const isOff = (/** @type {number} */ layer, /** @type {number} */ unit) =>
    switchedOff.some(([where, which]) => where === layer && which === unit);

  /** @param {number[][]} neurons Layer and unit of each neuron that is to be silent; all others are on. */
  const switchOff = (neurons) => {
    switchedOff = neurons;
    for (const [layer, { unit, showSwitch }] of asked) showSwitch?.(isOff(layer, unit));
    explain();
  };

  const onSwitch = (/** @type {number} */ layer, /** @type {number} */ unit) => switchOff(isOff(layer, unit)
    ? switchedOff.filter(([where, which]) => where !== layer || which !== unit) : [...switchedOff, [layer, unit]]);

  const onLook = async (/** @type {number} */ layer, /** @type {number} */ unit) => {
    const place = parts.layers[layer].about;
    const question = { unit };
    asked.set(layer, question);
    try {
      const neuron = await api.neuron(store.get("model"), layer, unit);
      if (asked.get(layer) !== question) return;
      const showSwitch = showNeuron(place, neuron,
        { unit, names, onSwitch: () => onSwitch(layer, unit), onClose: () => { place.hidden = true; } });
      showSwitch(isOff(layer, unit));
      asked.set(layer, { unit, showSwitch });
    } catch (error) {
      notifyError(error);
    }
  };

  store.on("inspected", () => {
    label = null; // neurons that are off stay off: they belong to the network, not to the image
    explain();
  });
  store.on("reading", () => byId("panel-inside").hidden || inspectDrawing(store));
  store.on("isReading", showBusy);
  store.on("model", () => {
    asked.clear();
    parts.forget();
    switchOff([]);
  });
  store.on("online", (online) => online && explain());
  return {
    show() {
      const inspected = store.get("inspected");
      if (!inspected || inspected.drawn) inspectDrawing(store); // it may have been drawn further elsewhere
      if (store.get("inspected") === inspected) explain();
    },
  };
}

/**
 * Whether what is known of the one may be shown while the other is looked into: a drawing that only grows is followed.
 *
 * @param {import("../state.js").Inspected} one
 * @param {import("../state.js").Inspected | null} other
 */
const isSameSubject = (one, other) => one === other || Boolean(one.drawn && one.drawn.edition === other?.drawn?.edition);

/**
 * Look into what is drawn now: the digit that was chosen before, while the drawing only grows, else the first.
 *
 * @param {import("../state.js").Store} store
 */
function inspectDrawing(store) {
  const { edition, images = [] } = store.get("reading") ?? {};
  const inspected = store.get("inspected");
  const before = inspected?.drawn;
  const index = before?.edition === edition && images[before?.index ?? 0] ? before?.index ?? 0 : 0;
  const image = images[index];
  if (!image) {
    if (before) store.set({ inspected: null });
  } else if (before?.edition !== edition || before?.index !== index || inspected?.image !== image) {
    store.set({ inspected: { image, origin: DRAWING, drawn: { edition, index } } });
  }
}

/**
 * The column that stays in sight: the image, the answer, a small pad.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => void} onRestore All neurons are to be on again.
 */
function createSide(store, drawing, onRestore) {
  const names = store.get("about").model.class_names;
  const image = smallCanvas("The image as the network sees it");
  const hero = h("p", { class: "hero" });
  const origin = h("p", { class: "note" });
  const sentence = h("p");
  const bars = createBars(names);
  const switches = h("p", { class: "switches" });
  const restore = h("button", { type: "button", class: "button small", onclick: onRestore }, "Switch all on");
  /** @type {any} */
  let answered = null;
  const correction = createCorrection(store, () =>
    answered && { image: answered.image, was: answered.label });
  const pad = createPad(drawing, { label: "Small drawing pad", describedBy: "inside-keys", penWidth: () => 26 });
  const empty = h("p", { class: "note" });
  const result = h("div", { class: "side-result", hidden: true }, h("div", { class: "side-head" }, image, h("div", {}, hero, origin)), sentence,
    switches, bars.element, correction);
  const element = h("aside", { class: "card inside-side", "aria-label": "Image and answer" }, result, empty,
    h("div", { class: "mini-pad" }, h("div", { class: "pad-frame" }, pad),
      h("div", { class: "toolbar" },
        h("button", { type: "button", class: "button small", onclick: () => drawing.undo() }, "Undo"),
        h("button", { type: "button", class: "button small", onclick: () => drawing.clear() }, "Clear"),
        h("span", { class: "note", id: "inside-keys" }, "Draw here and watch; arrow keys and Space draw too."))));

  return {
    element, result,
    /**
     * Instead of an answer.
     *
     * @param {string} message
     */
    say(message) {
      empty.hidden = false;
      empty.textContent = message;
      result.hidden = true;
    },
    /**
     * @param {import("../state.js").Inspected} inspected
     * @param {any} explanation
     * @param {number} off How many neurons are switched off.
     */
    show(inspected, explanation, off) {
      result.hidden = false;
      empty.hidden = true;
      answered = { image: inspected.image, label: explanation.label };
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
      switches.replaceChildren(`${off} neuron${off === 1 ? "" : "s"} off: ` + (before.label === explanation.label
        ? `still ${names[before.label]}. ` : `${names[before.label]} became ${names[explanation.label]}. `), restore);
      announce(off ? switches.firstChild?.textContent ?? "" : sentence.textContent ?? "");
    },
  };
}

/**
 * The parts of the explanation, one below the other in the order of the network.
 *
 * @param {string[]} names
 * @param {(label: number) => void} onChoose
 */
function createParts(names, onChoose) {
  const attributions = createAttributions(names, onChoose);
  const words = { attribution: h("p"), layers: h("p"), neurons: h("p"), neighbours: h("p") };
  const middle = h("div", { class: "stack" });
  const neighbours = h("ul", { class: "tiles" });
  const element = h("div", { class: "stack", hidden: true },
    h("section", { class: "card" }, h("h2", {}, "Which pixels speak for what"), words.attribution, attributions.element),
    h("section", { class: "prose" }, words.layers, words.neurons, legend("quiets it", "excites it")),
    middle,
    h("section", { class: "card" }, h("h2", {}, "The nearest training digits"), words.neighbours, neighbours));
  /** @type {ReturnType<typeof createLayer>[]} */
  const layers = [];

  return {
    element,
    layers,
    /** Another network has other layers. */
    forget() {
      layers.length = 0;
      middle.replaceChildren();
    },
    /**
     * @param {any} explanation
     * @param {number} label
     * @param {{onSwitch: (layer: number, unit: number) => void, onLook: (layer: number, unit: number) => void}} listeners
     */
    show(explanation, label, { onSwitch, onLook }) {
      element.hidden = false;
      for (const [name, place] of Object.entries(words)) place.textContent = explanation.sentences[name];
      attributions.show(explanation, label);
      explanation.layers.forEach((/** @type {any} */ layer, /** @type {number} */ index) => {
        if (!layers[index]) {
          layers[index] = createLayer(layer, index,
            { onSwitch: (unit) => onSwitch(index, unit), onLook: (unit) => onLook(index, unit) });
          middle.append(layers[index].element);
        }
        layers[index].show(layer);
      });
      neighbours.replaceChildren(...explanation.neighbours.map((/** @type {any} */ near) => {
        const canvas = smallCanvas(`Training image ${near.index}, a ${names[near.label]}`);
        paintInk(canvas, bytes(near.image));
        return h("li", { class: "tile" }, canvas, h("span", {}, h("strong", {}, names[near.label])));
      }));
    },
  };
}
