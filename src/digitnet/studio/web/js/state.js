/** The one store: what several panels share, and who wants to hear when it changes. */

/**
 * @typedef {object} Inspected An image for the glass box.
 * @property {string} image base64 of 784 bytes.
 * @property {string} origin Where it comes from, in words: "your drawing", "test image 1234".
 * @property {number | null} [truth] What it is, where that is known.
 * @property {{edition: number, index: number}} [drawn] Of the drawing: of which edition, and the how-manyth digit.
 * @property {boolean} [refused] Whether the reader does not take it for a digit.
 */

/**
 * @typedef {object} State
 * @property {any} about What the server says about itself; null until it has answered.
 * @property {string} model The id of the network that answers; "" for the loaded one.
 * @property {boolean} online Whether the server answers.
 * @property {"number" | "digit"} mode How the drawing is read.
 * @property {any} reading The answer to the drawing; null where nothing is drawn.
 * @property {boolean} isReading Whether the answer to the drawing as it is now is still to come.
 * @property {boolean} isSlow Whether it has been to come for so long that a sign of work is due.
 * @property {boolean} isDrawing Whether the pen is down.
 * @property {Inspected | null} inspected
 * @property {number} corrections How many are kept.
 */

/** @param {State} initial */
export function createStore(initial) {
  const state = { ...initial };
  /** @type {Map<string, Set<(value: any) => void>>} */
  const listeners = new Map();

  return {
    /**
     * @template {keyof State} K
     * @param {K} key
     * @returns {State[K]}
     */
    get: (key) => state[key],

    /**
     * Change some of it, then tell those who listen to what has changed.
     *
     * @param {Partial<State>} changes
     */
    set(changes) {
      const changed = Object.entries(changes).filter(([key, value]) => state[/** @type {keyof State} */ (key)] !== value);
      Object.assign(state, changes);
      for (const [key, value] of changed) for (const listener of listeners.get(key) ?? []) listener(value);
    },

    /**
     * @param {keyof State} key
     * @param {(value: any) => void} listener
     */
    on(key, listener) {
      if (!listeners.has(key)) listeners.set(key, new Set());
      listeners.get(key)?.add(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
