/** Lesson 3: how layers make an answer of pixels. */

import { asksForDrawing, costliest, hasChanges, isNear, passWithout, unitsToChangeItsMind } from "./checks.js";

const SPARE = 2; // units more than the page needed; chosen by hand

/** @type {import("./checks.js").Lesson} */
export const LAYERS = {
  id: "layers", title: "Layers", question: "How do pixels become an answer?", tutorial: "3. Build",
  saying: ["Each layer sees only the numbers of ", ["the layer before it", "the picture", "the answer"], "; the last one makes ten scores of them, and the ",
    ["highest", "lowest", "first"], " score is the answer."],
  steps: [
    {
      id: "follow", title: "From left to right", place: "#inside", focus: ".diagram-card",
      text: ["The 784 numbers go to 16 units, what these pass on goes to 16 more, and what those pass on to ten answers. No unit sees further back than one layer.",
        "Draw a digit. Then choose one unit in each of the three columns, and read in the table what its inputs are."],
      see: ({ diagram }, memory) => {
        if (diagram?.inspected && diagram.chosen) memory[diagram.chosen.layer] = true;
      },
      check: (witness, memory) => {
        const names = ["hidden layer 1", "hidden layer 2", "the column “Answer”"].filter((_, layer) => !memory[layer]);
        return asksForDrawing(witness) || (names.length ? `still to be looked at: ${names.join(", ")}.` : "");
      },
    },
    {
      id: "count", title: "Count what was learned",
      text: ["Into each unit leads one weight from each input, and each unit has one bias.",
        "How many weights lie between the two hidden layers of 16 units? And how many numbers does the whole network have: 784 × 16 weights and 16 biases, then hidden layer 2, then ten answers?"],
      asks: [{ name: "between", label: "Weights between the hidden layers" }, { name: "all", label: "All numbers" }],
      check: (witness, memory, { between, all }) => (between !== 256 ? "between the hidden layers each of 16 units has 16 weights."
        : all !== 13_002 ? "the sum is another one: 784 × 16 + 16, then 16 × 16 + 16, then 16 × 10 + 10." : ""),
    },
    {
      id: "costliest", title: "Who carries the answer", place: "#inside", focus: ".diagram-card",
      text: ["Thick blue lines add much to the next sum. Follow them back from the answer.",
        "With all set back, switch off that one unit of hidden layer 2 without which the answer loses most. The button stands below the unit's table."],
      check: (witness) => asksForDrawing(witness) || costliestOff(/** @type {any} */ (witness.diagram)),
    },
    {
      id: "mind", title: "Change its mind", place: "#inside", focus: ".diagram-card",
      text: ["A network spreads what it knows over many units. How many must fall silent before it answers something else?",
        "Switch off units of hidden layer 2, as few as you can, until the answer is another digit."],
      check: (witness) => asksForDrawing(witness) || mindChanged(/** @type {any} */ (witness.diagram)),
    },
    {
      id: "softmax", title: "From scores to shares",
      text: ["The ten sums of the last layer are scores. Softmax makes shares of them: e to the score, divided by the same of all answers together. e is about 2.718, e² is 7.39, and e⁰ is 1.",
        "Let there be only two answers, with the scores 2 and 0. What is the share of the first, to two decimals?"],
      asks: [{ name: "share", label: "Its share, from 0 to 1" }],
      check: (witness, memory, { share }) => (isNear(share, Math.exp(2) / (Math.exp(2) + 1)) ? "" : "divide 7.39 by 7.39 + 1."),
    },
  ],
};

/** @param {import("./checks.js").Diagram} diagram */
function onlyHiddenOff(diagram) {
  const { changedWeights, learned, switchedOff } = diagram;
  if (changedWeights.length || learned) return "press “Set all back”: weights are changed, and only units should be off.";
  if (!hasChanges(diagram)) return "no unit is off yet: choose one of hidden layer 2, and press “Switch off”.";
  return switchedOff.every(([layer]) => layer === 1) ? "" : "a unit of hidden layer 1 is off: switch it on again.";
}

/** @param {import("./checks.js").Diagram} diagram */
function costliestOff(diagram) {
  const missing = onlyHiddenOff(diagram);
  if (missing) return missing;
  const { switchedOff } = diagram;
  if (switchedOff.length > 1) return "only one unit should be off: switch the others on again.";
  const { label, probabilities } = passWithout(diagram);
  const [best] = costliest(diagram);
  const left = passWithout(diagram, switchedOff).probabilities[label];
  const share = (probabilities[label] - left) / Math.max(probabilities[label] - best.left, 1e-12);
  // Two units may cost nearly the same.
  return share > 0.9 ? "" : "without another unit the answer loses more: try the one with the thickest blue line to it.";
}

/** @param {import("./checks.js").Diagram} diagram */
function mindChanged(diagram) {
  const missing = onlyHiddenOff(diagram);
  if (missing) return missing;
  if (diagram.pass.label === passWithout(diagram).label) return "the answer is the same still.";
  const [count, found] = [diagram.switchedOff.length, unitsToChangeItsMind(diagram)];
  return count <= found + SPARE ? "" : `you needed ${count} units; it can be done with ${found}. Try with fewer.`;
}
