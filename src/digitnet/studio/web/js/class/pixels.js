/** Lesson 1: a picture is a list of numbers. */

import { asksForDrawing, passWithout } from "./checks.js";
import { createPixelView } from "./pixel_view.js";

const SIDE = 28;
const SMALL = 0.55; // of the pad's width and height
const OFF_CENTRE = 0.12; // of the pad, from its middle

/** @type {import("./checks.js").Lesson} */
export const PIXELS = {
  id: "pixels", title: "Pixels", question: "What does the network see of a picture?", tutorial: "1. Load",
  saying: ["To the network a picture is a list of 784 ", ["numbers", "colours", "strokes"], ", 0 for ", ["paper", "ink", "a mistake"],
    " and 1 for full ", ["ink", "paper", "certainty"], ", and nothing else."],
  steps: [
    {
      id: "draw", title: "What arrives", place: "#inside", focus: ".diagram-pad",
      text: ["The network has no eyes. Between your hand and its first unit stands one small picture: 28 rows of 28 points, in grey.",
        "Draw a digit on the pad, as you like. Below “784 pixels” you see what arrives."],
      check: asksForDrawing,
    },
    {
      id: "look", title: "A number for each point",
      text: ["Each point is one number: how much ink there is. 0 is paper, 1 is full ink, and the rim of a stroke lies in between.",
        "Point at the picture, or go through it with the arrow keys. Find one point of at least 0.9, and one that is exactly 0."],
      widget: (witness, memory, look) => createPixelView(() => inkOf(witness), (row, column, value) => {
        if (value >= 0.9) memory.ink = true;
        if (value === 0) memory.paper = true;
        look();
      }),
      check: (witness, memory) => asksForDrawing(witness) || (memory.ink && memory.paper ? ""
        : memory.ink ? "you have found full ink: now find a point that is exactly 0."
          : memory.paper ? "you have found paper: now find a point of at least 0.9." : "point at the picture."),
    },
    {
      id: "place", title: "A place in the list",
      text: ["For the network there is no picture: the 28 rows are laid end to end, and make one list of 784 numbers. The first row has the places 1 to 28, the second goes on with 29.",
        "So row r and column c stand at place 28 × (r − 1) + c. Choose a point with ink, and work out its place in the list."],
      widget: (witness, memory) => createPixelView(() => inkOf(witness), (row, column, value) => Object.assign(memory, { row, column, value })),
      asks: [{ name: "place", label: "Its place in the list" }],
      check: (witness, memory, { place }) => {
        const missing = asksForDrawing(witness);
        if (missing) return missing;
        if (!memory.row) return "choose a point of the picture first.";
        if (!memory.value) return "there is no ink at this point: choose one on a stroke.";
        if (place === SIDE * (memory.row - 1) + memory.column) return "";
        return `that is not the place of row ${memory.row}, column ${memory.column}: ${memory.row - 1} whole rows of 28 come before it.`;
      },
    },
    {
      id: "corner", title: "Brought into the frame", place: "#inside", focus: ".diagram-pad",
      text: ["Each weight of the network belongs to one place of the list. A digit in a corner would meet the wrong weights. So the page first brings what you draw to the size and place that all digits had when the network learned.",
        "Clear the pad, and draw a digit small, in a corner. Compare the pad with what arrives."],
      check: (witness) => asksForDrawing(witness) || smallInCorner(witness),
    },
    {
      id: "blank", title: "Any list gets an answer", place: "#inside", focus: ".diagram-card",
      text: ["On blank paper all 784 numbers are 0. That is a list like any other, and a network must do something with every list: it always names one of ten digits.",
        "Clear the pad. Which digit gets the largest share of blank paper? Look at the column “Answer”."],
      asks: [{ name: "digit", label: "That digit" }],
      check: ({ diagram, drawing }, memory, { digit }) => {
        if (!diagram) return "open the panel Inside, with its small network.";
        const inked = diagram.pixels.reduce((count, ink) => count + Number(ink > 0), 0);
        if (!drawing.empty || inked) return `${inked || "some"} of the numbers are not 0 yet: clear the pad.`;
        return digit === passWithout(diagram).label ? "" : "another digit has the longest bar.";
      },
    },
  ],
};

/** @param {import("./checks.js").Witness} witness */
const inkOf = ({ diagram }) => (diagram?.inspected ? diagram.pixels : null);

/** @param {import("./checks.js").Witness} witness */
function smallInCorner({ drawing, diagram }) {
  const points = drawing.strokes.flat();
  const [left, right] = [Math.min(...points.map(({ x }) => x)) / 600, Math.max(...points.map(({ x }) => x)) / 600];
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)) / 500, Math.max(...points.map(({ y }) => y)) / 500];
  if (right - left > SMALL || bottom - top > SMALL) return "your digit is too large: at most half of the pad, in width and height.";
  if (Math.abs((left + right) / 2 - 0.5) < OFF_CENTRE || Math.abs((top + bottom) / 2 - 0.5) < OFF_CENTRE) return "your digit is too near to the middle: draw it in a corner.";
  const rows = Array.from({ length: SIDE }, (_, row) => diagram?.pixels.subarray(row * SIDE, (row + 1) * SIDE).some((ink) => ink > 0));
  const height = rows.lastIndexOf(true) - rows.indexOf(true) + 1;
  return height >= SIDE / 2 ? "" : "what arrives is not as large as a digit should be: draw the digit in one place.";
}
