/** The digits of the map: what they are, what they were taken for, and where they stand. Knows no page. */

import { bytes } from "../format.js";

const LEVELS = 65535;

/**
 * @typedef {object} Digits
 * @property {number} n
 * @property {number} errors
 * @property {Uint16Array} numbers Of the test set.
 * @property {Uint8Array} labels
 * @property {Uint8Array} predicted
 * @property {Record<string, Float32Array>} planes Two numbers a digit, x to the right and y downwards, 0 to 1.
 * @property {number[]} shares Which part of all differences each direction of PCA holds.
 */

/**
 * @param {any} told As the server describes it.
 * @returns {Digits}
 */
export function decodeMap(told) {
  const planes = Object.fromEntries(Object.entries(told.planes).map(([name, text]) => [name, placesOf(/** @type {string} */ (text))]));
  return { n: told.n, errors: told.errors, numbers: new Uint16Array(bytes(told.numbers).buffer), labels: bytes(told.labels),
    predicted: bytes(told.predicted), planes, shares: told.pca_shares };
}

/** @param {string} text */
function placesOf(text) {
  const levels = new Uint16Array(bytes(text).buffer);
  return Float32Array.from(levels, (level, index) => placeOf(level, index % 2));
}

/**
 * A coordinate of the server on the screen, where y goes down.
 *
 * @param {number} level
 * @param {number} axis
 */
export const placeOf = (level, axis) => (axis ? 1 - level / LEVELS : level / LEVELS);

/** @param {Digits} digits @param {number} index */
export const isMistake = (digits, index) => digits.labels[index] !== digits.predicted[index];

/**
 * Which digits lie inside a closed line.
 *
 * @param {Float32Array} places
 * @param {number[][]} line Its corners, in the units of the places.
 * @returns {number[]}
 */
export function insideOf(places, line) {
  const found = [];
  for (let index = 0; 2 * index < places.length; index++) {
    const [x, y] = [places[2 * index], places[2 * index + 1]];
    let isInside = false;
    line.forEach(([cornerX, cornerY], corner) => {
      const [beforeX, beforeY] = line[(corner || line.length) - 1];
      if (cornerY > y !== beforeY > y && x < ((beforeX - cornerX) * (y - cornerY)) / (beforeY - cornerY) + cornerX) isInside = !isInside;
    });
    if (isInside) found.push(index);
  }
  return found;
}
