/** A drawing: strokes of points, and how they are inked. Knows nothing of pointers or pages. */

export const WIDTH = 600;
export const HEIGHT = 500;
const PICTURE_SCALE = 0.7; // 420 x 350: read as well as the full size, in half the time

/** @typedef {{x: number, y: number, width: number}} Point In units of the pad, WIDTH x HEIGHT. */

export class Drawing {
  /** @type {Point[][]} */
  strokes = [];
  /** How often something was taken away: while it stays the same, the drawing only grows. */
  edition = 0;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Set<(isDown: boolean) => void>} */
  #penListeners = new Set();

  get empty() {
    return this.strokes.length === 0;
  }

  /** @param {() => void} listener Called after every change. */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  /** @param {(isDown: boolean) => void} listener Called when the pen is put down, and when it is lifted. */
  onPen(listener) {
    this.#penListeners.add(listener);
  }

  /** @param {Point[][]} strokes Instead of those of now. */
  restore(strokes) {
    this.strokes = strokes;
    this.edition++;
    this.#tell();
  }

  /** @param {Point} point */
  begin(point) {
    this.strokes.push([point]);
    this.#tellPen(true);
    this.#tell();
  }

  /** The pen is lifted. */
  end() {
    this.#tellPen(false);
  }

  /** @param {Point[]} points Of the stroke that was begun last. */
  extend(points) {
    this.strokes.at(-1)?.push(...points);
    this.#tell();
  }

  /** Take the last stroke back. */
  undo() {
    this.end();
    if (!this.strokes.pop()) return;
    this.edition++;
    this.#tell();
  }

  clear() {
    this.end();
    if (this.empty) return;
    this.strokes = [];
    this.edition++;
    this.#tell();
  }

  /** @param {boolean} isDown */
  #tellPen(isDown) {
    for (const listener of this.#penListeners) listener(isDown);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Point[][]} strokes
 * @param {number} scale Pixels a unit.
 * @param {string} colour
 */
export function inkStrokes(context, strokes, scale, colour) {
  context.save();
  context.scale(scale, scale);
  context.lineCap = "round";
  context.strokeStyle = colour;
  context.fillStyle = colour;
  for (const points of strokes) inkStroke(context, points);
  context.restore();
}

/**
 * A curve through the middles between points, each piece as wide as the pen was there.
 *
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Point[]} points
 */
function inkStroke(context, points) {
  const [first] = points;
  context.beginPath();
  context.arc(first.x, first.y, first.width / 2, 0, 2 * Math.PI);
  context.fill();
  let from = first;
  for (let index = 1; index < points.length; index++) {
    const through = points[index - 1];
    const to = index === points.length - 1 ? points[index] : middle(through, points[index]);
    context.beginPath();
    context.lineWidth = through.width;
    context.moveTo(from.x, from.y);
    context.quadraticCurveTo(through.x, through.y, to.x, to.y);
    context.stroke();
    from = to;
  }
}

/**
 * @param {Point} one
 * @param {Point} other
 * @returns {Point}
 */
const middle = (one, other) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, width: (one.width + other.width) / 2 });

/**
 * The drawing as a picture file, black on white, as a scanner would give it.
 *
 * @param {Point[][]} strokes
 * @returns {Promise<Blob>} A PNG.
 */
export function toPicture(strokes) {
  const canvas = new OffscreenCanvas(WIDTH * PICTURE_SCALE, HEIGHT * PICTURE_SCALE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw.");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  inkStrokes(context, strokes, PICTURE_SCALE, "#000");
  return canvas.convertToBlob({ type: "image/png" });
}
