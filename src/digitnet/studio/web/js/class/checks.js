/** What the checks of several lessons have in common. */

import { lossOf } from "../diagram/step.js";
import { run } from "../diagram/network.js";

export { lossOf };

/** @typedef {import("../happenings.js").DiagramHappening} Diagram */

/**
 * @typedef {object} Witness What can be seen of what a person and the server did.
 * @property {Diagram | null} diagram
 * @property {any} step The last training step of the diagram, with the server's answer.
 * @property {any} runs `{runs, log, other}` of the panel Train.
 * @property {import("../state.js").Store} store
 * @property {import("../drawing.js").Drawing} drawing
 */

/** @typedef {Record<string, any>} Memory What a step remembers while it is open. */

/**
 * @typedef {object} Step
 * @property {string} id
 * @property {string} title
 * @property {string[]} text Paragraphs; the last one says what to do.
 * @property {string} [place] The address of the panel where it is done; left out, it is done in the lesson itself.
 * @property {string} [go] The text of the button that leads there.
 * @property {string} [focus] A selector of what it is about, which is scrolled to.
 * @property {{name: string, label: string}[]} [asks] Numbers to be written.
 * @property {(witness: Witness, memory: Memory, look: () => void) => {element: HTMLElement, show: () => void}} [widget] It
 *   calls `look` when something was done with it.
 * @property {(witness: Witness, memory: Memory) => void} [see] Called whenever something happened.
 * @property {(witness: Witness, memory: Memory, values: Record<string, number>) => string} check "" where it is done,
 *   else the sentence that says what is missing.
 */

/**
 * @typedef {object} Lesson
 * @property {string} id
 * @property {string} title
 * @property {string} question What it answers.
 * @property {Step[]} steps
 * @property {(string | string[])[]} saying The one sentence to be able to say; a list is a gap, the right words first.
 * @property {string} tutorial The heading of the tutorial that goes on from here.
 */

/**
 * @param {Lesson} lesson
 * @returns {string} The sentence without gaps.
 */
export const sentenceOf = ({ saying }) => saying.map((part) => (typeof part === "string" ? part : part[0])).join("");

/**
 * @param {number} value
 * @param {number} wanted
 * @param {number} [tolerance]
 */
export const isNear = (value, wanted, tolerance = 0.006) => Math.abs(value - wanted) <= tolerance;

/**
 * The sentence that asks for a drawing where there is none yet.
 *
 * @param {Witness} witness
 * @returns {string} "" where something is drawn and read.
 */
export function asksForDrawing({ diagram, drawing }) {
  if (!diagram) return "open the panel Inside, with its small network.";
  if (drawing.empty || !diagram.inspected?.drawn) return "nothing is drawn yet: draw a digit on the pad.";
  return diagram.isSettled ? "" : "lift the pen, and wait for the answer.";
}

/** @param {Diagram} diagram */
export const hasChanges = ({ changedWeights, switchedOff, learned }) => changedWeights.length + switchedOff.length + learned > 0;

export const SET_BACK = "press “Set all back” above the diagram first, so that nothing else is changed.";

/**
 * The network on its image, without any change or with other units off.
 *
 * @param {Diagram} diagram
 * @param {number[][]} [off] Layer and unit.
 */
export const passWithout = ({ shipped, pixels }, off = []) =>
  run(shipped, pixels, (layer, unit) => off.some(([one, other]) => one === layer && other === unit));

/**
 * The units of the second hidden layer, the one first whose silence costs the answer most.
 *
 * @param {Diagram} diagram
 * @param {number[][]} off Those that are off already.
 * @returns {{unit: number[], left: number}[]} With what is left of the answer's probability.
 */
export function costliest(diagram, off = []) {
  const { label } = passWithout(diagram);
  return Array.from({ length: diagram.shipped[1].units }, (_, unit) => [1, unit])
    .filter(([, unit]) => !off.some(([, other]) => other === unit))
    .map((unit) => ({ unit, left: passWithout(diagram, [...off, unit]).probabilities[label] }))
    .sort((one, other) => one.left - other.left);
}

/**
 * How few units it takes to change the answer, as far as choosing the costliest one after the other finds out.
 *
 * @param {Diagram} diagram
 */
export function unitsToChangeItsMind(diagram) {
  const { label } = passWithout(diagram);
  /** @type {number[][]} */
  const off = [];
  while (off.length < diagram.shipped[1].units) {
    off.push(costliest(diagram, off)[0].unit);
    if (passWithout(diagram, off).label !== label) break;
  }
  return off.length;
}
