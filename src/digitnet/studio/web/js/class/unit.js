/** Lesson 2: what one unit does. */

import { SET_BACK, asksForDrawing, hasChanges, isNear } from "./checks.js";

const CHOOSE = "choose a unit of hidden layer 2: click on it, or go there with the arrow keys.";

/** @type {import("./checks.js").Lesson} */
export const UNIT = {
  id: "unit", title: "A unit", question: "What does a single unit do?", tutorial: "3. Build",
  saying: ["A unit multiplies each of its inputs by a ", ["weight", "pixel", "digit"], ", ", ["adds", "compares", "sorts"],
    " the products and its bias, and passes the sum on if it is above ", ["0", "1", "the bias"], "."],
  steps: [
    {
      id: "choose", title: "Look at one", place: "#inside", focus: ".diagram-card",
      text: ["A unit knows its inputs and nothing else. To each input belongs a weight, a number that was learned.",
        "Draw a digit, then choose a unit of hidden layer 2. Its arithmetic stands in a table beside the diagram: input times weight, line by line."],
      check: ({ diagram, ...more }) => asksForDrawing({ diagram, ...more }) || (diagram?.chosen?.layer === 1 ? "" : CHOOSE),
    },
    {
      id: "by-hand", title: "By hand",
      text: ["A unit has two inputs, 0.5 and 2. Its weights are 3 and −1, its bias is 0.25. So its sum is 0.5 × 3 + 2 × (−1) + 0.25.",
        "What is that? And what does the unit pass on? ReLU, the bend at the end of a unit, makes 0 of whatever is below 0."],
      asks: [{ name: "sum", label: "The sum" }, { name: "passed", label: "What it passes on" }],
      check: (witness, memory, { sum, passed }) => (!isNear(sum, -0.25) ? "the sum is another one: the products are 1.5 and −2, and the bias comes on top."
        : !isNear(passed, 0) ? "the sum is right, and below 0: what does ReLU make of it?" : ""),
    },
    {
      id: "weight", title: "Turn one weight", place: "#inside", focus: ".arithmetic",
      text: ["You may change every weight in that table, and all that comes after it moves.",
        "Choose a unit of hidden layer 2, and give one input the weight that makes its product 3. Divide 3 by the value to find it; between 2.9 and 3.1 is near enough."],
      check: (witness) => asksForDrawing(witness) || weightTurned(/** @type {any} */ (witness.diagram)),
    },
    {
      id: "silence", title: "Silence it", place: "#inside", focus: ".arithmetic",
      text: ["The bias is what a unit adds in any case. It says how much the inputs must bring together before the unit speaks.",
        "Press “Set all back”. Choose a unit of a hidden layer that is not silent, and change nothing but its bias until it is."],
      check: (witness) => asksForDrawing(witness) || silencedByBias(/** @type {any} */ (witness.diagram)),
    },
    {
      id: "wake", title: "Wake one up", place: "#inside", focus: ".diagram-card",
      text: ["The small pictures in hidden layer 1 are weights. Ink on blue adds to the sum of that unit, ink on orange takes away from it.",
        "Set all back. Choose a unit of hidden layer 1 that shows 0.00. Then draw a digit that wakes it: put ink where its picture is blue."],
      see: ({ diagram }, memory) => {
        if (!diagram || diagram.chosen?.layer !== 0 || !diagram.inspected || !diagram.isSettled || hasChanges(diagram)) return;
        if (diagram.pass.values[1][diagram.chosen.unit] === 0) memory[diagram.chosen.unit] = true;
      },
      check: ({ diagram, ...more }, memory) => {
        const missing = asksForDrawing({ diagram, ...more });
        if (missing) return missing;
        if (!diagram || hasChanges(diagram)) return SET_BACK;
        if (diagram.chosen?.layer !== 0) return "choose a unit of hidden layer 1 that shows 0.00.";
        if (!memory[diagram.chosen.unit]) return "this unit speaks already: choose one that shows 0.00.";
        return diagram.pass.values[1][diagram.chosen.unit] > 0 ? "" : "it is silent still: draw another digit, with ink where its picture is blue.";
      },
    },
  ],
};

/** @param {import("./checks.js").Diagram} diagram */
function weightTurned({ chosen, changedWeights, layers, pass }) {
  if (chosen?.layer !== 1) return CHOOSE;
  const mine = changedWeights.filter(([layer, unit, input]) => layer === 1 && unit === chosen.unit && input >= 0);
  if (!mine.length) return "no weight of this unit is changed yet: write another number into one of the fields.";
  const products = mine.map(([, unit, input]) => pass.values[1][input] * layers[1].kernel[input * layers[1].units + unit]);
  return products.some((product) => isNear(product, 3, 0.1)) ? "" : `its product is ${products[0].toFixed(2)}, and should be 3.`;
}

/** @param {import("./checks.js").Diagram} diagram */
function silencedByBias(diagram) {
  const { changedWeights, switchedOff, learned, pass, shipped, layers } = diagram;
  if (switchedOff.length || learned || changedWeights.length > 1) return SET_BACK;
  if (!changedWeights.length) return "no bias is changed yet.";
  const [layer, unit, input] = changedWeights[0];
  if (input >= 0) return "that was a weight: set all back, and change the bias, in the last line but one.";
  if (layer === 2) return "an answer has no ReLU, so it is never silent: choose a unit of a hidden layer.";
  const moved = layers[layer].bias[unit] - shipped[layer].bias[unit];
  if (pass.sums[layer][unit] - moved <= 0) return "this unit was silent before: choose one that speaks.";
  return pass.sums[layer][unit] <= 0 ? "" : `its sum is ${pass.sums[layer][unit].toFixed(2)} still: the bias must be lower by more than that.`;
}
