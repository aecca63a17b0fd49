/** The network that answers, of any size: why it answers as it does, and what happens when neurons are switched off. */

import * as api from "../api.js";
import { notifyError } from "../announce.js";
import { h } from "../dom.js";
import { bytes } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";
import { createAttributions, legend } from "./attributions.js";
import { createLayer, showNeuron } from "./layer.js";
import { createSide } from "./side.js";
import { latestWins, signOfWork } from "../latest.js";
import { inspectDrawing } from "../inspected.js";
import { onSituation, situationOfDrawing } from "../situation.js";

const RETRY_MILLISECONDS = 1500; // until the server has looked at all training digits

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible Whether this view is shown: only then the server is asked.
 */
export function createExplainedView(store, drawing, isVisible) {
  const names = store.get("about").model.class_names;
  /** @type {number[][]} */
  let switchedOff = [];
  /** @type {number | null} */
  let label = null; // the class to explain; null is the answer
  let again = 0;
  let isExplaining = false;
  let isSlow = false;

  const side = createSide(store, drawing, () => switchOff([]));
  const parts = createParts(names, (chosen) => {
    label = chosen;
    explain();
  });
  const element = h("div", { class: "inside-columns" }, side.element, parts.element);

  const explain = latestWins(async () => {
    const inspected = store.get("inspected");
    if (!inspected) clear();
    if (!inspected || !isVisible()) return;
    failure = "";
    const [model, off, chosen] = [store.get("model"), switchedOff, label];
    const isLate = () => store.get("model") !== model || switchedOff !== off || label !== chosen ||
      !isSameSubject(inspected, store.get("inspected"));
    try {
      const explanation = await api.explain({ image: inspected.image, model, switched_off: off, label, truth: inspected.truth ?? null });
      if (isLate()) return;
      isShown = true;
      side.show(inspected, explanation, off.length);
      showState();
      parts.show(explanation, label ?? explanation.label, { onSwitch, onLook });
      clearTimeout(again);
      if (!explanation.neighbours_ready) again = setTimeout(explain, RETRY_MILLISECONDS);
    } catch (error) {
      if (isLate()) return;
      failure = /** @type {Error} */ (error).message;
      clear();
    }
  }, (busy) => {
    isExplaining = busy;
    showWork(busy);
    showState();
  });
  const showWork = signOfWork((slow) => {
    isSlow = slow;
    showState();
  });
  let isShown = false; // whether there is an explanation on the page
  let failure = ""; // why there is none
  const clear = () => {
    isShown = false;
    parts.element.hidden = true;
    showState();
  };
  /** What there is to say while there is no explanation, or while a newer one is on its way. */
  const showState = () => {
    side.element.setAttribute("aria-busy", String(isExplaining || store.get("isReading")));
    const isLate = isSlow || (isExplaining || store.get("isReading")) && store.get("isSlow");
    side.element.classList.toggle("slow", isLate);
    const isGrowing = Boolean(store.get("inspected")?.drawn) && (store.get("isDrawing") || store.get("isReading"));
    side.element.classList.toggle("so-far", isGrowing); // nothing is said of a drawing that is not finished
    if (isShown) side.setWork(isGrowing ? "So far: it is still being drawn or read." : isLate ? "Looking inside …" : "");
    else side.say(wordsFor(situationOfDrawing(store, drawing), { isExplaining, isSlow, failure, online: store.get("online") }));
  };

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
  onSituation(store, drawing, showState);
  store.on("model", () => {
    asked.clear();
    parts.forget();
    switchOff([]);
  });
  store.on("online", (online) => online && explain());
  showState();
  return { element, show: explain };
}

/**
 * Why nothing is explained yet.
 *
 * @param {import("../situation.js").Situation} drawn
 * @param {{isExplaining: boolean, isSlow: boolean, failure: string, online: boolean}} now
 */
function wordsFor(drawn, { isExplaining, isSlow, failure, online }) {
  if (!online) return "The server does not answer. What you drew stays, and is explained as soon as it is back.";
  if (isExplaining) return isSlow ? "Looking inside …" : "";
  if (failure) return failure;
  if (drawn.kind === "empty") return "Nothing is drawn yet. Draw a digit on the pad, and look inside the network.";
  if (drawn.kind === "waiting") return drawn.isSlow ? "Reading what you drew …" : "";
  return drawn.error ?? "There is no ink in this drawing to look at.";
}

/**
 * Whether what is known of the one may be shown while the other is looked into: a drawing that only grows is followed.
 *
 * @param {import("../state.js").Inspected} one
 * @param {import("../state.js").Inspected | null} other
 */
const isSameSubject = (one, other) => one === other || Boolean(one.drawn && one.drawn.edition === other?.drawn?.edition);

/**
 * The parts of the explanation, one below the other in the order of the network.
 *
 * @param {string[]} names
 * @param {(label: number) => void} onChoose
 */
function createParts(names, onChoose) {
  const attributions = createAttributions(names, onChoose);
  const words = { attribution: h("p"), comparison: h("p"), layers: h("p"), neurons: h("p"), neighbours: h("p") };
  const middle = h("div", { class: "stack" });
  const neighbours = h("ul", { class: "tiles" });
  const element = h("div", { class: "stack", hidden: true },
    h("section", { class: "card" }, h("h2", {}, "Which pixels speak for what"), words.attribution, words.comparison, attributions.element),
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
