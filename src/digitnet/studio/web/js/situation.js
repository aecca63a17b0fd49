/** What there is to say about a drawing or a picture: nothing there, being read, read, or the server away. */

/**
 * @typedef {object} Situation
 * @property {"empty" | "away" | "waiting" | "error" | "read"} kind
 * @property {any} [reading] The server's answer, where there is one.
 * @property {string} [error] The server's own sentence about what went wrong.
 * @property {boolean} isSettled Whether the answer is that to all that is there, and the pen rests.
 * @property {boolean} isSlow Whether a sign of work is due.
 */

/**
 * @param {{isEmpty: boolean, reading: any, online: boolean, isReading: boolean, isSlow: boolean, isDrawing?: boolean}} now
 * @returns {Situation}
 */
export function situationOf({ isEmpty, reading, online, isReading, isSlow, isDrawing = false }) {
  const isSettled = !isReading && !isDrawing;
  const of = (/** @type {Situation["kind"]} */ kind, more = {}) => ({ kind, isSettled, isSlow, ...more });
  if (isEmpty) return of("empty");
  if (!online) return of("away");
  if (reading?.error) return isReading ? of("waiting") : of("error", { error: reading.error });
  return reading ? of("read", { reading }) : of("waiting");
}

/**
 * @param {import("./state.js").Store} store
 * @param {import("./drawing.js").Drawing} drawing
 */
export const situationOfDrawing = (store, drawing) => situationOf({
  isEmpty: drawing.empty, reading: store.get("reading"), online: store.get("online"),
  isReading: store.get("isReading"), isSlow: store.get("isSlow"), isDrawing: store.get("isDrawing"),
});

/**
 * Call a function whenever the situation of the drawing may be another one.
 *
 * @param {import("./state.js").Store} store
 * @param {import("./drawing.js").Drawing} drawing
 * @param {() => void} listener
 */
export function onSituation(store, drawing, listener) {
  for (const key of /** @type {const} */ (["reading", "online", "isReading", "isSlow", "isDrawing"])) store.on(key, listener);
  drawing.onChange(listener);
}
