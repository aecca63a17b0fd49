/** The form that starts a run. */

import { h, icon } from "../dom.js";
import { plural } from "../format.js";
import { createRateFinder } from "./rate_finder.js";
import { STEPS, parameterCount } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./settings.js").Dials} Dials */

const RATES = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001];

/** What each dial does, in a sentence. */
const SENTENCES = {
  hidden_sizes: "More neurons can tell more apart, take longer, and learn by heart more easily.",
  activation: "The bend at the end of each neuron; without one, many layers could do no more than one.",
  optimizer: "How a gradient becomes a change of the weights. Adam fits its steps to each weight; sgd is the plain rule.",
  learning_rate: "How far the weights move in a step: too small is slow, too large never gets there.",
  epochs: "How often each training image is seen.",
  batch_size: "How many images are looked at before the weights move: few give many unsteady steps, many give few steady ones.",
  dropout: "The part of the neurons that is silent in each step, so that none can rely on another. A cure for over-fitting.",
  training_images: "Fewer images are learned by heart sooner. 5,000 others are held out of every run, to measure it.",
  seed: "Where everything random begins. The same seed gives the same run again; another one shows what is luck.",
  augment: "Each image is turned, moved and bent a little, anew each time, so that it cannot be learned by heart. A cure for over-fitting.",
};

/**
 * @param {Settings} settings What the dials stand at.
 * @param {Dials} known What they may be set to.
 * @param {{classes: number, link: HTMLElement, onChange: (settings: Settings) => void, onStart: (settings: Settings & {name: string}) => void}} options
 */
export function createDials(settings, known, { classes, link, onChange, onStart }) {
  let now = { ...settings };
  const change = (/** @type {Partial<Settings>} */ changes) => {
    now = { ...now, ...changes };
    count.textContent = `${plural(parameterCount(now.hidden_sizes, classes), "number")} to learn.`;
    onChange(now);
  };
  const count = h("p", { class: "note" });
  const sizes = createSizes(now.hidden_sizes, known, (list) => change({ hidden_sizes: list }));
  const about = (/** @type {keyof typeof SENTENCES} */ name) => h("span", { class: "note", id: `about-${name}` }, SENTENCES[name]);
  const field = (/** @type {keyof typeof SENTENCES} */ name, /** @type {string} */ text, /** @type {HTMLElement} */ control) => {
    control.setAttribute("aria-describedby", `about-${name}`);
    return h("div", { class: "dial" }, h("label", {}, h("span", {}, text), control), about(name));
  };
  const choice = (/** @type {"activation" | "optimizer"} */ name, /** @type {string} */ text, /** @type {string[]} */ options) => {
    const select = h("select", { onchange: () => change({ [name]: select.value }) },
      ...options.map((option) => h("option", { selected: option === now[name] }, option)));
    return field(name, text, select);
  };
  const number = (/** @type {keyof typeof STEPS} */ name, /** @type {string} */ text, /** @type {object} */ more = {}) => {
    const input = h("input", { type: "number", required: true, value: now[name], ...known.bounds[name], step: STEPS[name], ...more,
      oninput: () => input.validity.valid && change({ [name]: input.valueAsNumber }) });
    return field(name, text, input);
  };
  const augment = h("input", { type: "checkbox", checked: now.augment, onchange: () => change({ augment: augment.checked }) });
  const finder = createRateFinder({ settings: () => now, onTake: (rate) => {
    element.querySelector("input[list=rates]").value = String(rate);
    change({ learning_rate: rate });
  } });
  const naming = h("input", { type: "text", maxlength: 60, autocomplete: "off", placeholder: "its layers" });
  const start = h("button", { class: "button primary" }, "Start training");
  const busy = h("p", { class: "note", hidden: true }, "Only one run at a time: wait until this one has ended, or stop it.");
  const element = h("form", { class: "card dials", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    onStart({ ...now, name: naming.value });
  } },
  h("h2", {}, "The network"), sizes.element, h("div", {}, about("hidden_sizes"), count),
  number("training_images", "Images to learn from"), number("epochs", "Epochs"),
  number("learning_rate", "Learning rate", { list: "rates" }), finder,
  h("datalist", { id: "rates" }, ...RATES.map((rate) => h("option", { value: rate }))),
  h("details", {}, h("summary", {}, "More settings"),
    number("dropout", "Dropout"),
    h("div", { class: "dial" }, h("label", { class: "check" }, augment, "Distort images in every epoch"), about("augment")),
    number("batch_size", "Images per step"), choice("optimizer", "Optimiser", known.optimizers),
    choice("activation", "Activation", known.activations), number("seed", "Seed")),
  h("label", { class: "field" }, "Name of the run", naming),
  h("div", { class: "buttons" }, start, link), busy);
  augment.setAttribute("aria-describedby", "about-augment");
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
