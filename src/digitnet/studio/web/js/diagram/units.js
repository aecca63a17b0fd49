/** The units of the diagram: a button each, in columns from the image to the answer. */

import { h } from "../dom.js";
import { percent } from "../format.js";
import { paintInk, paintSigned, smallCanvas } from "../heatmap.js";
import { weightsOf } from "./network.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {import("./edges.js").Which} Which */

/**
 * The name of a unit, as it stands everywhere on the page; counted from 1, as people count.
 *
 * @param {Which} which
 * @param {string[]} names Of the classes.
 */
export const unitName = ({ layer, unit }, names) => (layer === 2 ? `Answer ${names[unit]}` : `Hidden layer ${layer + 1}, unit ${unit + 1}`);

/**
 * @param {import("./network.js").Layer[]} layers
 * @param {string[]} names
 * @param {{onLook: (which: Which | null) => void, onPass: (which: Which | null) => void}} listeners A unit is chosen,
 *   or none; the mouse is over one, or over none.
 */
export function createUnits(layers, names, { onLook, onPass }) {
  const image = smallCanvas("The image as the network sees it");
  const caption = h("p", { class: "note" });
  const units = layers.map((layer, index) => Array.from({ length: layer.units }, (_, unit) => createUnit({ layer: index, unit }, names)));
  const columns = units.map((column, index) => h("div", { class: `unit-column layer-${index}` },
    h("p", { class: "column-name" }, index === 2 ? "Answer" : `Hidden layer ${index + 1}`),
    h("div", { class: "units" }, ...column.map(({ button }) => button))));
  const pixels = h("div", { class: "unit-column pixels-column" }, h("p", { class: "column-name" }, "784 pixels"), h("div", { class: "image-place" }, image, caption));
  const element = h("div", { class: "diagram", role: "group",
    "aria-label": "The network, a button a unit. Arrow keys go from unit to unit, Escape lets go of it." }, pixels, ...columns);

  units.flat().forEach(({ button, which }) => {
    button.addEventListener("focus", () => onLook(which));
    button.addEventListener("click", () => button.focus());
    button.addEventListener("pointerenter", (/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && onPass(which));
    button.addEventListener("pointerleave", () => onPass(null));
  });
  element.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (!(/** @type {Element} */ (event.target).closest("button"))) onLook(null);
  });
  element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const here = units.flat().find(({ button }) => button === document.activeElement)?.which;
    const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
    if (event.key === "Escape") onLook(null);
    if (!here || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const column = units[Math.min(Math.max(here.layer + step[0], 0), units.length - 1)];
    // In a column of another length the same height is the neighbour.
    const height = step[0] ? Math.round((here.unit + 0.5) / units[here.layer].length * column.length - 0.5) : here.unit + step[1];
    column[Math.min(Math.max(height, 0), column.length - 1)].button.focus();
  });

  return {
    element,
    /** Where edges begin and end, in pixels of the diagram. */
    measure() {
      const origin = element.getBoundingClientRect();
      const [pixelBox, ...boxes] = [[image], ...units.map((column) => column.map(({ button }) => button))].map((column) =>
        column.map((part) => part.getBoundingClientRect()));
      const left = (/** @type {DOMRect} */ box) => ({ x: box.left - origin.left, y: box.top - origin.top + box.height / 2 });
      const right = (/** @type {DOMRect} */ box) => ({ ...left(box), x: box.right - origin.left });
      const { top, height } = pixelBox[0];
      const fan = boxes[0].map((_, unit) => ({ ...right(pixelBox[0]), y: top - origin.top + ((unit + 0.5) / boxes[0].length) * height }));
      return boxes.map((column, index) => ({ from: index ? boxes[index - 1].map(right) : fan, to: column.map(left) }));
    },
    /**
     * Which unit is looked at.
     *
     * @param {Which} which
     */
    choose(which) {
      for (const { button, which: { layer, unit } } of units.flat()) {
        const isChosen = layer === which.layer && unit === which.unit;
        button.tabIndex = isChosen ? 0 : -1;
        if (isChosen) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
    },
    /**
     * The weights have changed.
     *
     * @param {import("./network.js").Layer[]} changed
     */
    showWeights(changed) {
      units[0].forEach(({ field }, unit) => field && paintSigned(field, weightsOf(changed[0], unit)));
    },
    /**
     * @param {import("./network.js").Pass} pass
     * @param {{pixels: Uint8Array, before: import("./network.js").Pass | null, isOff: (layer: number, unit: number) => boolean}} more
     *   `before`: without what was changed.
     */
    show(pass, { pixels: ink, before, isOff }) {
      paintInk(image, ink);
      caption.textContent = "ink: 0 to 1";
      units.forEach((column, index) => {
        const most = Math.max(...Array.from(pass.values[index + 1]), 1e-9);
        column.forEach((unit, place) => {
          if (index === 2) unit.show(pass.probabilities[place], percent(pass.probabilities[place]), place === pass.label, before?.probabilities[place]);
          else if (isOff(index, place)) unit.show(0, "off", false);
          else unit.show(pass.values[index + 1][place] / most, pass.values[index + 1][place].toFixed(2), false);
          unit.button.classList.toggle("off", index < 2 && isOff(index, place));
        });
      });
    },
  };
}

/**
 * @param {Which} which
 * @param {string[]} names
 */
function createUnit(which, names) {
  const isAnswer = which.layer === 2;
  const fill = h("span", { class: isAnswer ? "bar-fill" : "level-fill" });
  const mark = h("span", { class: "bar-mark", hidden: true });
  const value = h("span", { class: "unit-value" });
  const field = which.layer === 0 ? smallCanvas("") : null;
  const name = h("span", { class: "unseen" }, `${unitName(which, names)}: `);
  const button = h("button", { type: "button", class: "unit", tabindex: -1 }, name, field,
    isAnswer ? h("strong", { "aria-hidden": "true" }, names[which.unit]) : null,
    h("span", { class: isAnswer ? "bar-track" : "level" }, fill, isAnswer ? mark : null), value);
  return {
    which, button, field,
    /**
     * @param {number} share 0 to 1.
     * @param {string} text
     * @param {boolean} isChosen Whether it is the answer.
     * @param {number} [before] The share without what was changed.
     */
    show(share, text, isChosen, before) {
      fill.style.transform = isAnswer ? `scaleX(${share})` : `scaleY(${share})`;
      if (value.textContent !== text) value.textContent = text;
      button.classList.toggle("chosen", isChosen);
      mark.hidden = before === undefined;
      if (before !== undefined) mark.style.left = `${100 * before}%`;
    },
  };
}
