/** The form that starts a run. */

import { h, icon } from "../dom.js";
import { plural } from "../format.js";
import { STEPS, parameterCount } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./settings.js").Dials} Dials */

const RATES = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001];

/**
 * @param {Settings} settings What the dials stand at.
 * @param {Dials} known What they may be set to.
 * @param {{classes: number, onChange: (settings: Settings) => void, onStart: (settings: Settings) => void}} options
 */
export function createDials(settings, known, { classes, onChange, onStart }) {
  let now = { ...settings };
  const change = (/** @type {Partial<Settings>} */ changes) => {
    now = { ...now, ...changes };
    count.textContent = `${plural(parameterCount(now.hidden_sizes, classes), "number")} to learn.`;
    onChange(now);
  };
  const count = h("p", { class: "note" });
  const sizes = createSizes(now.hidden_sizes, known, (list) => change({ hidden_sizes: list }));
  const choice = (/** @type {"activation" | "optimizer"} */ name, /** @type {string} */ text, /** @type {string[]} */ options) => {
    const select = h("select", { onchange: () => change({ [name]: select.value }) },
      ...options.map((option) => h("option", { selected: option === now[name] }, option)));
    return h("label", { class: "field" }, text, select);
  };
  const number = (/** @type {keyof typeof STEPS} */ name, /** @type {string} */ text, /** @type {object} */ more = {}) => {
    const input = h("input", { type: "number", required: true, value: now[name], ...known.bounds[name], step: STEPS[name], ...more,
      oninput: () => input.validity.valid && change({ [name]: input.valueAsNumber }) });
    return h("label", { class: "field" }, text, input);
  };
  const augment = h("input", { type: "checkbox", checked: now.augment, onchange: () => change({ augment: augment.checked }) });
  const start = h("button", { class: "button primary" }, "Start training");
  const busy = h("p", { class: "note", hidden: true }, "Only one run at a time: wait until this one has ended, or stop it.");
  const element = h("form", { class: "card dials", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    onStart(now);
  } },
  h("h2", {}, "The network"), sizes.element, count,
  h("div", { class: "pair" }, choice("activation", "Activation", known.activations), choice("optimizer", "Optimiser", known.optimizers),
    number("learning_rate", "Learning rate", { list: "rates" }), number("epochs", "Epochs")),
  h("datalist", { id: "rates" }, ...RATES.map((rate) => h("option", { value: rate }))),
  h("details", {}, h("summary", {}, "More settings"),
    h("div", { class: "pair" }, number("batch_size", "Images per step"), number("dropout", "Dropout"),
      number("training_images", "Images to learn from"), number("seed", "Seed")),
    h("label", { class: "check" }, augment, "Distort images in every epoch")),
  h("div", { class: "stack" }, start, busy));
  change({});

  return {
    element,
    settings: () => now,
    /** @param {boolean} running Whether a run is under way, so that no other may start. */
    setRunning(running) {
      start.disabled = running;
      busy.hidden = !running;
    },
  };
}

/**
 * The hidden layers: one row each, wide as it has neurons.
 *
 * @param {number[]} start
 * @param {Dials} known
 * @param {(sizes: number[]) => void} onChange
 */
function createSizes(start, { units: bounds, layers_max }, onChange) {
  let sizes = [...start];
  const list = h("ol");
  const add = h("button", { type: "button", class: "button small", onclick: () => set([...sizes, 32], sizes.length) }, "Add a layer");
  const element = h("fieldset", { class: "sizes" }, h("legend", {}, "Hidden layers"), list, add);

  const set = (/** @type {number[]} */ changed, /** @type {number} */ focus) => {
    sizes = changed;
    draw();
    list.querySelectorAll("input[type=number]")[Math.min(focus, sizes.length - 1)]?.focus();
    onChange(sizes);
  };
  const row = (/** @type {number} */ units, /** @type {number} */ index) => {
    const label = `Neurons of hidden layer ${index + 1}`;
    const change = (/** @type {any} */ from, /** @type {any} */ to) => {
      if (!from.validity.valid) return;
      to.value = from.value;
      sizes[index] = from.valueAsNumber;
      onChange([...sizes]);
    };
    const exact = h("input", { type: "number", required: true, value: units, ...bounds, step: 1, "aria-label": label,
      oninput: () => change(exact, rough) });
    const rough = h("input", { type: "range", value: units, ...bounds, step: 1, "aria-label": `${label}, roughly`,
      oninput: () => change(rough, exact) });
    const remove = h("button", { type: "button", class: "icon-button", "aria-label": `Remove hidden layer ${index + 1}`,
      disabled: sizes.length === 1, onclick: () => set(sizes.filter((_, at) => at !== index), index) }, icon("clear"));
    return h("li", {}, exact, rough, remove);
  };
  const draw = () => {
    list.replaceChildren(...sizes.map(row));
    add.disabled = sizes.length >= layers_max;
  };
  draw();
  return { element };
}
