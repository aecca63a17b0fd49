/** One step of training on the drawing, with every number: forward, loss, errors, one gradient, the weight before and after. */

import * as api from "../api.js";
import { announce } from "../announce.js";
import { h } from "../dom.js";
import { bytes, percent, plural, signed } from "../format.js";
import { tell } from "../happenings.js";
import { decodeLayers, encodeLayers } from "./network.js";
import { unitName } from "./units.js";

/** @typedef {import("./edges.js").Which} Which */
/** @typedef {import("./network.js").Layer} Layer */

/**
 * @param {string[]} names
 * @param {{question: () => {image: string, layers: Layer[], switchedOff: number[][], chosen: Which | null} | null,
 *   onStep: (layers: Layer[], steps: number) => void, onLabel: () => void}} options What there is to learn from, null where
 *   nothing is drawn; what is done with the weights afterwards, and when another answer is wanted.
 */
export function createTrainingStep(names, { question, onStep, onLabel }) {
  const wanted = h("select", { onchange: onLabel }, ...names.map((name, label) => h("option", { value: label }, name)));
  const rate = h("input", { type: "number", min: 0.001, max: 10, step: "any", value: 0.005, required: true });
  const buttons = [1, 10, 100].map((steps) => h("button", { type: "submit", class: "button small", value: steps }, plural(steps, "step")));
  const now = h("p", { class: "loss-now" });
  const message = h("p", { class: "note", role: "status" });
  const numbers = h("ol", { class: "step-numbers", hidden: true });

  const take = async (/** @type {number} */ steps) => {
    const asked = question();
    if (!asked) {
      message.textContent = "There is nothing to learn from yet: draw a digit first.";
      return;
    }
    const label = Number(wanted.value);
    const learningRate = Number(rate.value);
    const layers = encodeLayers(asked.layers);
    for (const button of buttons) button.disabled = true;
    try {
      const answer = await api.step({ layers, image: asked.image, label, learning_rate: learningRate, steps, switched_off: asked.switchedOff });
      const which = asked.chosen ?? { layer: 2, unit: label };
      const after = decodeLayers(answer.layers);
      message.textContent = `${plural(steps, "step")} taken: the loss went from ${answer.loss.toFixed(3)} to ${answer.loss_after.toFixed(3)}.`;
      numbers.hidden = false;
      numbers.replaceChildren(...told(names, { answer, image: asked.image, label, which, learningRate, steps, before: asked.layers, after }));
      tell("step", { answer, image: asked.image, label, which, learningRate, steps, before: asked.layers, after, input: strongestInputOf(answer, which, asked.layers) });
      onStep(after, steps);
      announce(message.textContent);
    } catch (error) {
      message.textContent = /** @type {Error} */ (error).message;
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  const form = h("form", { class: "step-form", onsubmit: (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    take(Number(/** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? 1));
  } }, h("label", {}, "It should answer ", wanted), h("label", {}, "Learning rate ", rate), h("div", { class: "buttons" }, ...buttons));
  return {
    element: h("section", { class: "card training-step" }, h("h2", {}, "One step of training, with numbers"),
      h("p", {}, "The network learns from this one image: each weight moves a little against its gradient, which is how fast the loss grows with it."),
      form, now, message, numbers),
    label: () => Number(wanted.value),
    /** @param {import("./network.js").Pass | null} pass null where nothing is drawn. */
    show(pass) {
      const label = Number(wanted.value);
      now.textContent = pass ? `Loss now, if it should answer ${names[label]}: ${lossOf(pass, label).toFixed(3)}, which is ` +
        `−ln of the probability ${pass.probabilities[label].toPrecision(3)}.` : "Loss now: none, as nothing is drawn.";
    },
  };
}

/**
 * Cross-entropy, in nats; from the scores, since a tiny probability would round to 0.
 *
 * @param {import("./network.js").Pass} pass
 * @param {number} label What it should have answered.
 */
export function lossOf({ sums }, label) {
  const scores = Array.from(sums[sums.length - 1]);
  const most = Math.max(...scores);
  return most - scores[label] + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
}

/**
 * @param {string[]} names
 * @param {{answer: any, image: string, label: number, which: Which, learningRate: number, steps: number, before: Layer[], after: Layer[]}} step
 */
function told(names, { answer, image, label, which, learningRate, steps, before, after }) {
  const layer = before[which.layer];
  const gradients = decodeLayers(answer.gradients)[which.layer].kernel;
  const at = (/** @type {number} */ input) => input * layer.units + which.unit;
  const input = strongestInputOf(answer, which, before);
  const error = answer.errors[which.layer][which.unit];
  const gradient = gradients[at(input)];
  const weight = layer.kernel[at(input)];
  const moved = steps === 1 ? after[which.layer].kernel[at(input)] : weight - learningRate * gradient;
  const source = which.layer ? `unit ${input + 1}` : `pixel ${Math.floor(input / 28) + 1}, ${(input % 28) + 1}`;
  const value = which.layer ? answer.activations[which.layer - 1][input] : bytes(image)[input] / 255;
  const share = Math.exp(-answer.loss);
  const first = steps === 1 ? "" : " (of the first step)";
  return [
    part("Forward", `The probability of ${names[label]} was ${percent(share)}${first}.`),
    part("Loss", `−ln ${share.toPrecision(3)} = ${answer.loss.toFixed(3)}: 0 would be certainty of ${names[label]}.`),
    part("Error of each unit", "Of an answer: its probability minus what it should be. Of a hidden unit: what comes back along its weights, and 0 where it is silent.",
      ...[2, 1, 0].map((index) => errorsOf(index, answer.errors[index], names))),
    part("One gradient", `The weight from ${source} to ${unitName(which, names)}: value ${value.toFixed(3)} × error ${bracketed(error)} = ${signed3(gradient)}.`),
    part("That weight", `${signed3(weight)} − ${learningRate} × ${bracketed(gradient)} = ${signed3(moved)}.`),
  ];
}

/**
 * @param {string} name
 * @param {string} words
 * @param {...Node} more
 */
const part = (name, words, ...more) => h("li", {}, h("h3", {}, name), h("p", {}, words), ...more);

/**
 * @param {number} index Of the layer.
 * @param {number[]} errors
 * @param {string[]} names
 */
const errorsOf = (index, errors, names) => h("div", { class: "step-errors" },
  h("span", {}, index === 2 ? "Answers" : `Hidden layer ${index + 1}`),
  h("ol", { "aria-label": `Errors of ${index === 2 ? "the answers" : `hidden layer ${index + 1}`}` }, ...errors.map((error, unit) =>
    h("li", { class: error > 0 ? "against" : error < 0 ? "for" : "" }, h("span", {}, index === 2 ? names[unit] : String(unit + 1)), signed(error)))));

/**
 * The input of a unit whose weight has the largest gradient: the one that is written out.
 *
 * @param {any} answer
 * @param {Which} which
 * @param {Layer[]} layers
 */
const strongestInputOf = (answer, which, layers) =>
  strongestInput(decodeLayers(answer.gradients)[which.layer].kernel, layers[which.layer], which.unit);

/**
 * @param {Float32Array} gradients
 * @param {Layer} layer
 * @param {number} unit
 */
function strongestInput(gradients, layer, unit) {
  let strongest = 0;
  for (let input = 1; input < layer.inputs; input++) {
    if (Math.abs(gradients[input * layer.units + unit]) > Math.abs(gradients[strongest * layer.units + unit])) strongest = input;
  }
  return strongest;
}

/** @param {number} value */
const bracketed = (value) => (value < 0 ? `(${signed3(value)})` : signed3(value));

/** @param {number} value */
const signed3 = (value) => `${value < 0 ? "\u2212" : ""}${Math.abs(value).toFixed(3)}`;
