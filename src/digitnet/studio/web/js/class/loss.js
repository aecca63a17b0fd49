/** Lesson 4: how wrong is it, as one number. */

import { asksForDrawing, hasChanges, isNear, lossOf, passWithout, SET_BACK } from "./checks.js";

const SMALL = 0.05;
const LARGE = 3;
const LESS = 2 / 3; // of the loss before

/** @type {import("./checks.js").Lesson} */
export const LOSS = {
  id: "loss", title: "Loss", question: "How wrong is an answer?", tutorial: "4. Compile",
  saying: ["The loss is one number for how ", ["wrong", "sure", "large"], " the network is: near ", ["0", "1", "10"],
    " if the right digit got nearly all of the probability, and the larger, the ", ["less", "more", "sooner"], " it got."],
  steps: [
    {
      id: "small", title: "A small loss", place: "#inside", focus: ".training-step",
      text: ["Below the diagram you say what your drawing should be. Then the page can say how wrong the network is: it takes the probability p of that digit, and the loss is −ln p. If p is 1, the loss is 0.",
        `Draw a digit, say in “It should answer” which one it is, and draw so clearly that the loss falls below ${SMALL}.`],
      check: (witness) => unchanged(witness) || (now(witness) < SMALL ? ""
        : `the loss is ${now(witness).toFixed(3)} still: is the right digit chosen, and drawn clearly?`),
    },
    {
      id: "large", title: "A large loss", place: "#inside", focus: ".training-step",
      text: ["The same ink and the same network can have another loss, since it depends on what is right.",
        `Leave the drawing as it is, and tell the network that it should answer something quite different: the loss should be above ${LARGE}.`],
      check: (witness) => unchanged(witness) || (now(witness) > LARGE ? "" : `the loss is ${now(witness).toFixed(3)}: choose a digit that got almost nothing.`),
    },
    {
      id: "by-hand", title: "By hand",
      text: ["−ln 0.5 is 0.693. And ln has a rule: where probabilities are multiplied, losses are added.",
        "0.25 is 0.5 × 0.5. So what is the loss at probability 0.25? And at 0.125, half of it again?"],
      asks: [{ name: "quarter", label: "Loss at 0.25" }, { name: "eighth", label: "Loss at 0.125" }],
      check: (witness, memory, { quarter, eighth }) => (!isNear(quarter, Math.log(4)) ? "the loss at 0.25 is that of 0.5 twice."
        : !isNear(eighth, Math.log(8)) ? "the loss at 0.125 is that of 0.5 three times." : ""),
    },
    {
      id: "mean", title: "Of many images",
      text: ["The loss of many images is the mean of their losses. Three images have the losses 0.1, 0.2 and 3: two are right, and on the third the network was sure of something wrong.",
        "What is the loss of the three? And what would it be without the third?"],
      asks: [{ name: "three", label: "Loss of the three" }, { name: "two", label: "Loss of the first two" }],
      check: (witness, memory, { three, two }) => (!isNear(three, 1.1) ? "add the three losses, and divide by 3."
        : !isNear(two, 0.15) ? "add the first two, and divide by 2." : ""),
    },
    {
      id: "lower", title: "Lower it by hand", place: "#inside", focus: ".arithmetic",
      text: ["Learning is nothing but this: changing weights so that the loss gets smaller.",
        "With all set back, let the network be wrong: in “It should answer”, choose a digit that it does not name. Then change one single weight or bias until the loss is at most two thirds of what it was. The bias of that answer is a good place to begin."],
      check: (witness) => asksForDrawing(witness) || loweredByOne(/** @type {any} */ (witness.diagram)),
    },
  ],
};

/** @param {import("./checks.js").Witness} witness */
const now = ({ diagram }) => (diagram ? lossOf(diagram.pass, diagram.label) : Infinity);

/** @param {import("./checks.js").Witness} witness */
const unchanged = (witness) => asksForDrawing(witness) || (witness.diagram && hasChanges(witness.diagram) ? SET_BACK : "");

/** @param {import("./checks.js").Diagram} diagram */
function loweredByOne(diagram) {
  const { changedWeights, switchedOff, learned, label, pass } = diagram;
  const before = passWithout(diagram);
  if (before.label === label) return "the network names that digit already: choose another one in “It should answer”.";
  if (switchedOff.length || learned || changedWeights.length > 1) return SET_BACK;
  if (!changedWeights.length) return "no weight is changed yet.";
  const [was, is] = [lossOf(before, label), lossOf(pass, label)];
  if (is <= LESS * was) return "";
  return is > was ? `the loss has grown from ${was.toFixed(2)} to ${is.toFixed(2)}: go the other way.`
    : `the loss went from ${was.toFixed(2)} to ${is.toFixed(2)}, and should be at most ${(LESS * was).toFixed(2)}: go further.`;
}
