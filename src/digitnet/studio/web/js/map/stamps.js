/** Numerals stamped into the pixels of a canvas: thousands of them in a millisecond or two, with and without a GPU. */

import { h } from "../dom.js";

const COVERED = 250; // of 255: from there on a pixel of a numeral is written, not mixed
const EMPTY = 20; // below it is left out

/**
 * @typedef {object} Stamp The pixels of one numeral that are not empty.
 * @property {Int16Array} columns
 * @property {Int16Array} rows
 * @property {Uint8Array} cover 0 to 255.
 * @property {number[]} colour
 */

/**
 * @param {string[]} names
 * @param {number[][]} colours
 * @param {number} side Of a numeral, in pixels of the canvas.
 * @returns {Stamp[]}
 */
export function makeStamps(names, colours, side) {
  const canvas = h("canvas", { width: side, height: side });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.font = `700 ${side}px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  return names.map((name, label) => {
    context.clearRect(0, 0, side, side);
    context.fillText(name, side / 2, side * 0.54);
    const { data } = context.getImageData(0, 0, side, side);
    const filled = Array.from({ length: side * side }, (_, pixel) => pixel).filter((pixel) => data[4 * pixel + 3] >= EMPTY);
    return { columns: Int16Array.from(filled, (pixel) => pixel % side), rows: Int16Array.from(filled, (pixel) => Math.floor(pixel / side)),
      cover: Uint8Array.from(filled, (pixel) => data[4 * pixel + 3]), colour: colours[label] };
  });
}

/** A sheet of pixels as large as a canvas, with a margin so that a numeral on the edge needs no care. */
export function createSheet() {
  let sheet = new ImageData(1, 1);
  let [margin, width] = [0, 1];
  return {
    /**
     * Begin with an empty sheet.
     *
     * @param {HTMLCanvasElement} canvas
     * @param {number} side Of a numeral.
     * @param {number[]} paper
     */
    clear(canvas, side, paper) {
      margin = side;
      width = canvas.width + 2 * margin;
      const height = canvas.height + 2 * margin;
      if (sheet.width !== width || sheet.height !== height) sheet = new ImageData(width, height);
      new Uint32Array(sheet.data.buffer).fill((255 << 24) | (paper[2] << 16) | (paper[1] << 8) | paper[0]);
    },
    /**
     * @param {Stamp} stamp
     * @param {number} x Whole numbers: the upper left corner.
     * @param {number} y
     * @param {number} strength 0 to 1.
     */
    stamp({ columns, rows, cover, colour: [red, green, blue] }, x, y, strength) {
      const { data } = sheet;
      const corner = (y + margin) * width + x + margin;
      for (let pixel = 0; pixel < cover.length; pixel++) {
        const at = 4 * (corner + rows[pixel] * width + columns[pixel]);
        if (strength === 1 && cover[pixel] >= COVERED) {
          data[at] = red;
          data[at + 1] = green;
          data[at + 2] = blue;
          continue;
        }
        const share = (cover[pixel] * strength) / 255;
        data[at] += share * (red - data[at]);
        data[at + 1] += share * (green - data[at + 1]);
        data[at + 2] += share * (blue - data[at + 2]);
      }
    },
    /** @param {CanvasRenderingContext2D} context */
    put: (context) => context.putImageData(sheet, -margin, -margin),
  };
}
