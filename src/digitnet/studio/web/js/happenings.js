/** What a person and the server did, told to the lessons: the parts of the page tell, and know nothing of who listens. */

/**
 * @typedef {object} DiagramHappening The small network as it is shown now.
 * @property {Uint8Array} pixels
 * @property {import("./state.js").Inspected | null} inspected
 * @property {boolean} isSettled Whether the pen rests and the answer is that to all that is drawn.
 * @property {import("./diagram/network.js").Layer[]} layers
 * @property {import("./diagram/network.js").Layer[]} shipped Without any change.
 * @property {import("./diagram/network.js").Pass} pass
 * @property {import("./diagram/edges.js").Which | null} chosen
 * @property {number[][]} switchedOff
 * @property {number[][]} changedWeights Layer, unit and input of each, -1 for the bias.
 * @property {number} learned Steps of training.
 * @property {number} label What it should answer.
 */

/** @typedef {"diagram" | "step" | "runs"} Kind */

/** @type {Map<Kind, any>} */
const latest = new Map();
/** @type {Set<(kind: Kind) => void>} */
const listeners = new Set();

/**
 * @param {Kind} kind
 * @param {any} data
 */
export function tell(kind, data) {
  latest.set(kind, data);
  for (const listener of listeners) listener(kind);
}

/**
 * What was told last.
 *
 * @param {Kind} kind
 * @returns {any} null where nothing was.
 */
export const lastTold = (kind) => latest.get(kind) ?? null;

/** @param {(kind: Kind) => void} listener Called whenever something is told. */
export function onTold(listener) {
  listeners.add(listener);
}
