/** Keeps the answer to the drawing up to date: asks the server while someone draws, one request at a time. */

import * as api from "./api.js";
import { toPicture } from "./drawing.js";
import { latestWins, signOfWork } from "./latest.js";

/**
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./state.js").Store} store Gets `reading`: what the server answered, {error} where it could not, null
 *   where nothing is drawn; `isReading`, `isSlow` and `isDrawing`.
 */
export function startReader(drawing, store) {
  const showWork = signOfWork((isSlow) => store.set({ isSlow }));
  const ask = latestWins(async () => {
    if (drawing.empty) return;
    const { edition } = drawing;
    const [mode, model] = [store.get("mode"), store.get("model")];
    let reading;
    try {
      const picture = await toPicture(drawing.strokes);
      const started = performance.now();
      reading = await api.read(picture, { mode, model });
      reading.waited = performance.now() - started;
    } catch (error) {
      reading = { error: error instanceof Error ? error.message : String(error) };
    }
    // A drawing that has only grown meanwhile is answered while it grows. After any other change the answer is too late.
    const isLate = drawing.edition !== edition || store.get("mode") !== mode || store.get("model") !== model;
    if (!isLate) store.set({ reading: { ...reading, edition } });
  }, (isReading) => {
    store.set({ isReading });
    showWork(isReading);
  });
  drawing.onPen((isDrawing) => store.set({ isDrawing }));
  drawing.onChange(() => {
    if (drawing.empty) store.set({ reading: null });
    ask();
  });
  for (const key of /** @type {const} */ (["mode", "model"])) store.on(key, ask);
  store.on("online", (online) => online && ask());
}
