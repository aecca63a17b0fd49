/** Which image the glass box looks into, while someone draws. */

const DRAWING = "your drawing";

/**
 * Look into what is drawn now: the digit that was chosen before, while the drawing only grows, else the first.
 *
 * @param {import("./state.js").Store} store
 */
export function inspectDrawing(store) {
  const { edition, images = [], digits = [], refused = null } = store.get("reading") ?? {};
  const inspected = store.get("inspected");
  const before = inspected?.drawn;
  const index = before?.edition === edition && images[before?.index ?? 0] ? before?.index ?? 0 : 0;
  const image = images[index] ?? refused;
  if (!image) {
    if (before) store.set({ inspected: null });
  } else if (before?.edition !== edition || before?.index !== index || inspected?.image !== image) {
    const isRefused = (digits[index]?.label ?? null) === null;
    store.set({ inspected: { image, origin: DRAWING, drawn: { edition, index }, refused: isRefused } });
  }
}
