/** What a person has changed of the small network: weights, units and edges that are off, steps of training. */

import { plural } from "../format.js";
import { copyLayers } from "./network.js";

/**
 * What a person has changed of the network.
 *
 * @param {import("./network.js").Layer[]} shipped
 */
export function createChanges(shipped) {
  let layers = shipped;
  let learned = 0; // steps of training
  /** @type {Set<string>} */
  const weights = new Set();
  /** @type {Set<string>} */
  const off = new Set();
  /** @type {Map<string, {edge: import("./edges.js").Edge, weight: number}>} */
  const edgesOff = new Map();
  const key = (/** @type {number[]} */ ...parts) => parts.join(" ");

  const weightOf = (/** @type {import("./edges.js").Edge} */ { layer, unit, input }) => layers[layer].kernel[input * layers[layer].units + unit];
  const put = (/** @type {import("./edges.js").Edge} */ { layer, unit, input }, /** @type {number} */ weight) => {
    if (layers === shipped) layers = copyLayers(shipped);
    const { kernel, bias, units } = layers[layer];
    if (input < 0) bias[unit] = weight;
    else kernel[input * units + unit] = weight;
  };

  return {
    layers: () => layers,
    isOff: (/** @type {number} */ layer, /** @type {number} */ unit) => off.has(key(layer, unit)),
    isEdgeOff: (/** @type {import("./edges.js").Edge} */ { layer, unit, input }) => edgesOff.has(key(layer, unit, input)),
    isChanged: () => weights.size + off.size + edgesOff.size + learned > 0,
    learned: () => learned,
    changedWeights: () => [...weights].map((name) => name.split(" ").map(Number)),
    switchedOff: () => [...off].map((name) => name.split(" ").map(Number)),
    /**
     * @param {import("./network.js").Layer[]} taught The weights after some steps of training.
     * @param {number} steps
     */
    learn(taught, steps) {
      layers = taught;
      learned += steps;
      for (const { edge } of edgesOff.values()) put(edge, 0); // what is off learns nothing
    },
    /** @param {import("./edges.js").Which} which */
    toggle({ layer, unit }) {
      if (!off.delete(key(layer, unit))) off.add(key(layer, unit));
    },
    /** An edge that is off has the weight 0, and gets its own back. @param {import("./edges.js").Edge} edge */
    toggleEdge(edge) {
      const name = key(edge.layer, edge.unit, edge.input);
      const before = edgesOff.get(name);
      if (before) edgesOff.delete(name);
      else edgesOff.set(name, { edge, weight: weightOf(edge) });
      put(edge, before?.weight ?? 0);
    },
    /**
     * @param {import("./edges.js").Which} which
     * @param {number} input -1 is the bias.
     * @param {number} weight
     */
    setWeight({ layer, unit }, input, weight) {
      put({ layer, unit, input }, weight);
      edgesOff.delete(key(layer, unit, input));
      weights.add(key(layer, unit, input));
    },
    restore() {
      layers = shipped;
      learned = 0;
      weights.clear();
      off.clear();
      edgesOff.clear();
    },
    /** Such as "2 weights changed, 1 unit off"; "" where all is as it was. */
    words: () => [learned ? `${plural(learned, "step")} of training` : "", weights.size ? `${plural(weights.size, "weight")} changed` : "", off.size ? `${plural(off.size, "unit")} off` : "",
      edgesOff.size ? `${plural(edgesOff.size, "edge")} off` : ""]
      .filter(Boolean).join(", "),
  };
}
