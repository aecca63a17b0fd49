/** What a mouse, a finger or two do on the map: move it, go nearer, point, choose, draw a lasso. */

const CLICK_DISTANCE = 5; // pixels; farther is no click
const WHEEL = 0.0016; // of the exponent a unit of the wheel
const LASSO_STEP = 3; // pixels between two corners of a lasso

/** @typedef {number[]} Point x and y in pixels of the canvas. */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{isLasso: () => boolean, panBy: (x: number, y: number) => void, zoomBy: (factor: number, at: Point) => void,
 *   point: (at: Point | null) => void, click: (at: Point) => void, draw: (line: Point[]) => void, close: () => void}} actions
 */
export function followPointer(canvas, { isLasso, panBy, zoomBy, point, click, draw, close }) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  let moved = 0;
  /** @type {Point[]} */
  let line = [];
  const placeOf = (/** @type {MouseEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const between = () => {
    const [one, other] = [...down.values()];
    return { distance: Math.hypot(one[0] - other[0], one[1] - other[1]), middle: [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2] };
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || down.size > 1) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, placeOf(event));
    if (down.size === 1) [moved, line] = [0, [placeOf(event)]];
    else line = [];
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = placeOf(event);
    const last = down.get(event.pointerId);
    if (!last) {
      if (event.pointerType === "mouse") point(at);
      return;
    }
    if (down.size === 2) {
      const before = between();
      down.set(event.pointerId, at);
      const now = between();
      panBy(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
      if (before.distance > 0) zoomBy(now.distance / before.distance, now.middle);
      moved = Infinity;
      return;
    }
    const step = Math.hypot(at[0] - last[0], at[1] - last[1]);
    if (isLasso() && line.length) {
      if (step < LASSO_STEP) return;
      line.push(at);
      draw(line);
    } else panBy(at[0] - last[0], at[1] - last[1]);
    moved += step;
    down.set(event.pointerId, at);
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    if (moved <= CLICK_DISTANCE) click(placeOf(event));
    else if (isLasso() && line.length) close();
    line = [];
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => point(null));
  // A page that is scrolled is not caught: the wheel goes nearer where the map has the focus, or with Control.
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * WHEEL), placeOf(event));
  }, { passive: false });
}
