/** The sheet of blends between two classes: its images as the server makes them, and the line on it. */

import { SIDE } from "../heatmap.js";

const PIXELS = SIDE * SIDE;
const SMALLEST = 6; // blends of a region that has room for its name

/**
 * @typedef {object} Moment What the network answered to all blends at one time of its training.
 * @property {number} at How many epochs had passed.
 * @property {Uint16Array[]} shares Of both classes, row by row; 65,535 is all.
 * @property {Uint8Array} winners The class of the largest share.
 */

/**
 * One blend, rounded as the server rounds it.
 *
 * @param {Uint8Array} images Of both classes one after the other, each of `pairs` images.
 * @param {number} pairs
 * @param {number} side Rows of the sheet, and columns.
 * @param {number} row
 * @param {number} column
 * @returns {Uint8Array}
 */
export function blendAt(images, pairs, side, row, column) {
  const steps = (side - 1) / (pairs - 1);
  const above = Math.min(Math.floor(row / steps), pairs - 2);
  const down = row / steps - above;
  const across = column / (side - 1);
  const edge = (/** @type {number} */ kind, /** @type {number} */ pixel) => {
    const first = (kind * pairs + above) * PIXELS + pixel;
    return images[first] * (1 - down) + images[first + PIXELS] * down;
  };
  return Uint8Array.from({ length: PIXELS }, (_, pixel) => Math.floor(edge(0, pixel) * (1 - across) + edge(1, pixel) * across + 0.5));
}

/**
 * The line on which both classes have the same share, as pieces from one point to another.
 *
 * @param {Moment} moment
 * @param {number} side
 * @param {number[]} classes
 * @returns {number[][]} x and y of both ends of each piece, in blends from the middle of the first one.
 */
export function lineOf({ shares: [first, second], winners }, side, classes) {
  const pieces = [];
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const places = [row * side + column, row * side + column + 1, (row + 1) * side + column + 1, (row + 1) * side + column];
      // Where another class wins at most of these four, the line between the two is none that one could see.
      if (places.filter((place) => classes.includes(winners[place])).length < 2) continue;
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const values = places.map((place) => first[place] - second[place]);
      const crossings = [];
      for (let from = 0; from < 4; from++) {
        const to = (from + 1) % 4;
        if (values[from] >= 0 === values[to] >= 0) continue;
        const part = values[from] / (values[from] - values[to]);
        crossings.push([0, 1].map((axis) => corners[from][axis] + part * (corners[to][axis] - corners[from][axis])));
      }
      for (let end = 0; end + 1 < crossings.length; end += 2) pieces.push([...crossings[end], ...crossings[end + 1]]);
    }
  }
  return pieces;
}

/**
 * Regions in which one class wins, the small ones left out.
 *
 * @param {Moment} moment
 * @param {number} side
 * @returns {{label: number, row: number, column: number}[]} Where its name fits best.
 */
export function regionsOf({ winners }, side) {
  const seen = new Uint8Array(winners.length);
  const regions = [];
  for (let start = 0; start < winners.length; start++) {
    if (seen[start]) continue;
    const places = [start];
    seen[start] = 1;
    for (let next = 0; next < places.length; next++) {
      const [row, column] = [Math.floor(places[next] / side), places[next] % side];
      for (const [y, x] of [[row - 1, column], [row + 1, column], [row, column - 1], [row, column + 1]]) {
        const place = y * side + x;
        if (y < 0 || x < 0 || y >= side || x >= side || seen[place] || winners[place] !== winners[start]) continue;
        seen[place] = 1;
        places.push(place);
      }
    }
    if (places.length < SMALLEST) continue;
    const mean = (/** @type {(place: number) => number} */ of) => places.reduce((sum, place) => sum + of(place), 0) / places.length;
    const [row, column] = [mean((place) => Math.floor(place / side)), mean((place) => place % side)];
    const far = (/** @type {number} */ place) => Math.hypot(Math.floor(place / side) - row, (place % side) - column);
    const best = places.reduce((one, other) => (far(other) < far(one) ? other : one));
    regions.push({ label: winners[start], row: Math.floor(best / side), column: best % side });
  }
  return regions;
}
