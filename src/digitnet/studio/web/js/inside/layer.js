/** One hidden layer: all of its neurons as a field of squares, and those that did most for the answer. */

import { between, paintInk, paintPixels, paintSigned, smallCanvas } from "../heatmap.js";
import { colour } from "../colours.js";
import { h } from "../dom.js";
import { bytes, grouped, signed, signedBytes } from "../format.js";

const COLUMNS = 64;

/**
 * @param {{name: string, units: number}} layer
 * @param {number} index From 0.
 * @param {{onSwitch: (unit: number) => void, onLook: (unit: number) => void}} listeners
 */
export function createLayer(layer, index, { onSwitch, onLook }) {
  const columns = Math.min(COLUMNS, layer.units);
  const canvas = smallCanvas(`Activations of ${layer.units} neurons`, columns, Math.ceil(layer.units / columns));
  canvas.classList.add("field-of-neurons");
  canvas.style.maxWidth = `${1.25 * columns}rem`; // a layer of ten neurons needs no more
  canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  const active = h("p", { class: "note" });
  const cards = h("ul", { class: "neurons" });
  const idle = h("p", { class: "note" }, "No neuron of this layer adds to this score or takes away from it.");
  const number = h("input", { type: "number", min: 0, max: layer.units - 1, value: 0, required: true });
  const look = h("form", { class: "look", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    onLook(Number(number.value));
  } }, h("label", {}, "Neuron ", number), h("button", { class: "button small" }, "Look at it"));
  const about = h("div", { class: "neuron-about", hidden: true, "aria-live": "polite" });
  const element = h("section", { class: "card layer" },
    h("h2", {}, `Hidden layer ${index + 1}: ${grouped(layer.units)} neurons`), active, canvas, look, about,
    h("h3", {}, "Those that do most for this score, or against it"), cards, idle);

  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
    const unit = row * canvas.width + column;
    if (unit < layer.units) onLook(unit);
  });

  return {
    element,
    about,
    /** @param {any} values The layer as the server explains it. */
    show(values) {
      const activations = bytes(values.activations);
      active.textContent = `${grouped(values.active)} of ${grouped(values.units)} answer to this image; the others are silent.`;
      paintPixels(canvas, () => {
        const [silent, loud, nothing] = [colour("sunken"), colour("accent"), colour("surface")];
        return (unit) => (unit < values.units ? between(silent, loud, Math.sqrt(activations[unit] / 255)) : nothing);
      });
      idle.hidden = values.strongest.length > 0;
      showNeurons(cards, values.strongest, onSwitch);
    },
  };
}

/**
 * The cards are made anew with every answer; the focus stays on the same neuron.
 *
 * @param {HTMLElement} list
 * @param {any[]} neurons
 * @param {(unit: number) => void} onSwitch
 */
function showNeurons(list, neurons, onSwitch) {
  const focused = /** @type {HTMLElement | null} */ (list.contains(document.activeElement) ? document.activeElement : null)?.dataset.unit;
  const most = Math.max(...neurons.map(({ contribution }) => Math.abs(contribution)), 1e-9);
  list.replaceChildren(...neurons.map((neuron) => {
    const canvas = smallCanvas("");
    paintSigned(canvas, signedBytes(neuron.field));
    const bar = h("span", { class: `contribution ${neuron.contribution < 0 ? "against" : "for"}` });
    bar.style.width = `${(100 * Math.abs(neuron.contribution)) / most}%`;
    const words = neuron.switched_off ? "off" : signed(neuron.contribution);
    return h("li", {}, h("button", { type: "button", class: "tile neuron", "data-unit": neuron.unit,
      "aria-pressed": String(neuron.switched_off), onclick: () => onSwitch(neuron.unit),
      "aria-label": `Neuron ${neuron.unit}, contribution ${words}: switch ${neuron.switched_off ? "on" : "off"}` },
    canvas, bar, h("span", {}, h("strong", {}, `${neuron.unit}`), " ", h("span", { class: "value" }, words))));
  }));
  if (focused !== undefined) /** @type {any} */ (list.querySelector(`[data-unit="${focused}"]`))?.focus();
}

/**
 * One neuron: what it looks for, and what excites it most.
 *
 * @param {HTMLElement} place
 * @param {any} neuron As the server describes it.
 * @param {{unit: number, names: string[], onSwitch: () => void, onClose: () => void}} options
 * @returns {(isOff: boolean) => void} Labels the switch by whether the neuron is off; to be called at once, and whenever
 *   that changes.
 */
export function showNeuron(place, neuron, { unit, names, onSwitch, onClose }) {
  const field = smallCanvas(`What neuron ${unit} looks for`);
  paintSigned(field, signedBytes(neuron.field));
  const images = neuron.strongest_images.map((/** @type {any} */ found) => {
    const canvas = smallCanvas(`Test image ${found.index}, a ${names[found.label]}`);
    paintInk(canvas, bytes(found.image));
    return h("li", {}, canvas);
  });
  const toggle = h("button", { type: "button", class: "button small", onclick: onSwitch });
  place.hidden = false;
  place.replaceChildren(
    h("figure", {}, field, h("figcaption", { class: "note" }, "looks for")),
    h("div", {}, h("h3", {}, `Neuron ${unit}`), h("p", {}, neuron.sentence),
      images.length ? h("p", { class: "note" }, "The test images that excite it most:") : null,
      h("ul", { class: "tiles small-tiles" }, ...images), neuron.outgoing ? votes(neuron.outgoing, names) : null,
      h("div", { class: "buttons" }, toggle,
        h("button", { type: "button", class: "button small", onclick: onClose }, "Close"))));
  return (isOff) => {
    toggle.textContent = isOff ? "Switch on" : "Switch off";
  };
}

/**
 * @param {number[]} outgoing The weight to each class.
 * @param {string[]} names
 */
function votes(outgoing, names) {
  const order = outgoing.map((_, label) => label).sort((one, other) => outgoing[other] - outgoing[one]);
  const named = (/** @type {number[]} */ labels) => labels.map((label) => names[label]).join(", ");
  return h("p", { class: "note" }, `Speaks most for ${named(order.slice(0, 2))}; most against ${named(order.slice(-2).reverse())}.`);
}
