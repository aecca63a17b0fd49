/** Lesson 5: which way to move each weight. */

import { asksForDrawing, isNear, lossOf, passWithout, SET_BACK } from "./checks.js";

const NUDGES = [0.04, 0.26]; // of a weight, from its value before; smaller ones are lost in rounding, larger ones bend
const FLAT = 0.05; // a slope that cannot be read from three decimals
const RATE = 0.5; // of the step that is foretold

/** @type {import("./checks.js").Lesson} */
export const GRADIENT = {
  id: "gradient", title: "Backpropagation", question: "Which way should a weight move?", tutorial: "Backpropagation",
  saying: ["The gradient of a weight says how fast the ", ["loss", "weight", "ink"], " grows when that ", ["weight", "loss", "image"],
    " grows; so training moves the weight a little ", ["the other way", "the same way", "at random"], "."],
  steps: [
    {
      id: "measure", title: "Measure a slope", place: "#inside", focus: ".arithmetic",
      text: ["How fast does the loss grow with one weight? That can be tried out: change the weight a little, and see how the loss has changed. Change of the loss, divided by change of the weight: that is the gradient of this weight.",
        "Draw a digit, and choose in “It should answer” one that the network does not name. Note the loss. Choose that answer in the diagram, and make its bias larger by 0.1. Note the loss again, and divide the difference by 0.1. A loss that falls has a slope below 0."],
      asks: [{ name: "before", label: "Loss before" }, { name: "after", label: "Loss after" }, { name: "slope", label: "Slope" }],
      check: (witness, memory, values) => asksForDrawing(witness) || measured(/** @type {any} */ (witness.diagram), values),
    },
    {
      id: "by-hand", title: "Without trying",
      text: ["13,002 trials for one step would take for ever. Backpropagation finds all slopes at once. It goes from the answers back to the pixels, and gives each unit an error: how fast the loss grows with the sum of that unit. Then the gradient of a weight is a product: the value that comes in, times the error of the unit.",
        "A value of 0.5 comes in, and the unit's error is −0.8. What is the gradient of the weight between them? The weight is 1. After a step with learning rate 0.5, weight − rate × gradient, what is it?"],
      asks: [{ name: "gradient", label: "The gradient" }, { name: "weight", label: "The weight after the step" }],
      check: (witness, memory, { gradient, weight }) => (!isNear(gradient, -0.4) ? "multiply the value by the error: 0.5 × (−0.8)."
        : !isNear(weight, 1.2) ? "take away 0.5 × (−0.4) from 1: taking away something below 0 makes it larger." : ""),
    },
    {
      id: "foretell", title: "Foretell a step", place: "#inside", focus: ".training-step",
      text: ["Set all back, and let the network be wrong about your drawing. Take one step at the learning rate as it stands. Parts 4 and 5 below show one weight before the step, and its gradient: value times error, both on the screen.",
        `Foretell: had the learning rate been ${RATE}, where would that weight be after the step? Do not try it yet.`],
      asks: [{ name: "weight", label: `The weight after a step with rate ${RATE}` }],
      check: (witness, memory, { weight }) => asksForDrawing(witness) || foretold(witness, weight),
    },
    {
      id: "step", title: "See whether it is so", place: "#inside", focus: ".training-step",
      text: [`Now let the server take that step. Set all back, write ${RATE} as the learning rate, and press “1 step”.`,
        "Look at part 5: is the weight where you said? And look at the loss: it fell, because each weight has moved against its own gradient."],
      check: ({ step }) => {
        if (!step || step.steps !== 1 || !isNear(step.learningRate, RATE)) return `take one step at the learning rate ${RATE}.`;
        return step.answer.loss_after < step.answer.loss ? "" : "the loss has not fallen: set all back, choose a digit that the network does not name, and take the step again.";
      },
    },
    {
      id: "downhill", title: "Downhill to the end", place: "#inside", focus: ".training-step",
      text: ["One step helps a little, many steps help much. This is all there is to learning.",
        "Set all back, choose a digit that the network does not name, and take steps until it names it: with a small learning rate it takes more of them."],
      check: (witness) => asksForDrawing(witness) || learnedIt(witness),
    },
    {
      id: "forgot", title: "What it forgot", place: "#inside", focus: ".diagram-pad",
      text: ["Every step moves all the weights, and the other digits hang on them too. You have pulled at them with one single image.",
        "Leave the weights as they are now. Clear the pad, and draw until you have found a digit that the network read right before your lesson, and reads wrong now. That is why training takes many images in turn."],
      check: (witness) => asksForDrawing(witness) || forgotten(witness),
    },
  ],
};

/**
 * @param {import("./checks.js").Diagram} diagram
 * @param {Record<string, number>} values
 */
function measured(diagram, { before, after, slope }) {
  const { changedWeights, switchedOff, learned, layers, shipped, label, pass } = diagram;
  if (switchedOff.length || learned || changedWeights.length > 1) return SET_BACK;
  if (!changedWeights.length) return "no weight is changed yet: choose that answer, and make its bias larger by 0.1.";
  const [layer, unit, input] = changedWeights[0];
  const at = (/** @type {import("../diagram/network.js").Layer[]} */ of) => (input < 0 ? of[layer].bias[unit] : of[layer].kernel[input * of[layer].units + unit]);
  const nudge = at(layers) - at(shipped);
  if (Math.abs(nudge) < NUDGES[0] || Math.abs(nudge) > NUDGES[1]) return `the weight has moved by ${nudge.toFixed(2)}: 0.1 is right for this.`;
  const [was, is] = [lossOf(passWithout(diagram), label), lossOf(pass, label)];
  const rise = (is - was) / nudge;
  if (Math.abs(rise) < FLAT) return "the loss hardly depends on this weight: take the bias of the answer that should be given.";
  if (!isNear(before, was, 0.011)) return "the loss before was another one: it stands below the diagram when all is set back.";
  if (!isNear(after, is, 0.011)) return `the loss after is another one: it is ${is.toFixed(3)} now.`;
  return isNear(slope, rise, 0.03 + 0.1 * Math.abs(rise)) ? "" : `the slope is another one: (loss after − loss before) divided by ${nudge.toFixed(2)}.`;
}

/**
 * @param {import("./checks.js").Witness} witness
 * @param {number} weight
 */
function foretold({ step }, weight) {
  if (!step || step.steps !== 1) return "take one single step first.";
  if (isNear(step.learningRate, RATE)) return `you have let the server do it already: set all back, and take a step at another rate than ${RATE}.`;
  if (step.answer.loss < 0.1) return "the network was right about it: choose a digit that it does not name, set all back, and take a step.";
  const { which, input, before, after, learningRate } = step;
  const at = (/** @type {import("../diagram/network.js").Layer[]} */ layers) => layers[which.layer].kernel[input * layers[which.layer].units + which.unit];
  const gradient = (at(before) - at(after)) / learningRate;
  // The numbers on the screen have three decimals, and the gradient's last one counts by the rate.
  return isNear(weight, at(before) - RATE * gradient, 0.003) ? ""
    : `it was ${at(before).toFixed(3)}, and its gradient is in part 4: take away ${RATE} times that gradient.`;
}

/** @param {import("./checks.js").Witness} witness */
function learnedIt({ diagram, step }) {
  if (!diagram) return "open the panel Inside.";
  const { changedWeights, switchedOff, learned, label, pass } = diagram;
  if (changedWeights.length || switchedOff.length) return SET_BACK;
  if (passWithout(diagram).label === label) return "the network names that digit anyway: choose another one in “It should answer”.";
  if (!learned || !step) return "no step is taken yet.";
  if (pass.label === label) return "";
  return `after ${learned} steps it gives that digit ${(100 * pass.probabilities[label]).toFixed(1)} %: go on.`;
}

/** @param {import("./checks.js").Witness} witness */
function forgotten({ diagram, step }) {
  if (!diagram?.learned || !step) return "it has learned nothing: go back to the step before.";
  if (diagram.changedWeights.length || diagram.switchedOff.length) return "other things are changed too: set all back, and teach it once more.";
  if (diagram.inspected?.image === step.image) return "this is the image that you taught: draw another digit.";
  const before = passWithout(diagram).label;
  return before === diagram.pass.label ? `it says ${before}, as it did before: draw another digit, or take more steps with the first one.` : "";
}
