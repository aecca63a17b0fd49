/** Keeps the answer to the drawing up to date: asks the server while someone draws, one request at a time. */

import * as api from "./api.js";
import { toPicture } from "./drawing.js";
import { latestWins } from "./latest.js";

/**
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./state.js").Store} store Gets `reading`: what the server answered, {error} where it could not, null
 *   where nothing is drawn.
 */
export function startReader(drawing, store) {
  const ask = latestWins(async () => {
    if (drawing.empty) return store.set({ reading: null });
    try {
      const picture = await toPicture(drawing.strokes);
      const started = performance.now();
      const reading = await api.read(picture, { mode: store.get("mode"), model: store.get("model") });
      reading.waited = performance.now() - started;
      store.set({ reading: drawing.empty ? null : reading });
    } catch (error) {
      store.set({ reading: { error: error instanceof Error ? error.message : String(error) } });
    }
  });
  drawing.onChange(ask);
  for (const key of /** @type {const} */ (["mode", "model"])) store.on(key, ask);
  store.on("online", (online) => online && ask());
}
