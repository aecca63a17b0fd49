/** A small network of dense layers that the browser computes by itself, every number of it kept. Knows no page. */

import { bytes } from "../format.js";

/** @typedef {{kernel: Float32Array, bias: Float32Array, inputs: number, units: number}} Layer One row of the kernel an input. */
/** @typedef {{kernel: string, bias: string}} EncodedLayer Base64 of float32, little-endian, as the server sends it. */

/**
 * @typedef {object} Pass All values for one image.
 * @property {ArrayLike<number>[]} values Of the pixels, 0 to 1; of each hidden layer after ReLU; the scores.
 * @property {Float64Array[]} sums Of each layer before ReLU, the scores last.
 * @property {number[]} probabilities Of each class.
 * @property {number} label The likeliest class.
 */

/**
 * @param {EncodedLayer[]} encoded
 * @returns {Layer[]}
 */
export const decodeLayers = (encoded) => encoded.map((layer) => {
  const [kernel, bias] = [layer.kernel, layer.bias].map(numbers);
  return { kernel, bias, inputs: kernel.length / bias.length, units: bias.length };
});

/**
 * @param {Layer[]} layers
 * @returns {EncodedLayer[]}
 */
export const encodeLayers = (layers) => layers.map(({ kernel, bias }) => ({ kernel: base64(kernel), bias: base64(bias) }));

/** @param {Layer[]} layers */
export const copyLayers = (layers) => layers.map((layer) => ({ ...layer, kernel: layer.kernel.slice(), bias: layer.bias.slice() }));

/**
 * Run the network on one image.
 *
 * @param {Layer[]} layers
 * @param {ArrayLike<number>} pixels 784 bytes, 0 = paper, 255 = ink.
 * @param {(layer: number, unit: number) => boolean} [isOff] Which hidden units pass on nothing.
 * @returns {Pass}
 */
export function run(layers, pixels, isOff = () => false) {
  /** @type {ArrayLike<number>[]} */
  const values = [Float64Array.from(pixels, (ink) => ink / 255)];
  const sums = layers.map((layer, index) => {
    const found = weightedSums(layer, values[index]);
    const isLast = index === layers.length - 1;
    values.push(isLast ? found : found.map((sum, unit) => (isOff(index, unit) ? 0 : Math.max(sum, 0))));
    return found;
  });
  const probabilities = softmax(sums[sums.length - 1]);
  return { values, sums, probabilities, label: probabilities.indexOf(Math.max(...probabilities)) };
}

/**
 * @param {Layer} layer
 * @param {ArrayLike<number>} values
 */
function weightedSums({ kernel, bias, units }, values) {
  const sums = Float64Array.from(bias);
  for (let input = 0; input < values.length; input++) {
    const value = values[input];
    if (value === 0) continue; // four of five pixels are paper
    for (let unit = 0; unit < units; unit++) sums[unit] += value * kernel[input * units + unit];
  }
  return sums;
}

/**
 * @param {ArrayLike<number>} scores
 * @returns {number[]}
 */
function softmax(scores) {
  const most = Math.max(...Array.from(scores));
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const all = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / all);
}

/**
 * The weights into one unit, in the order of its inputs.
 *
 * @param {Layer} layer
 * @param {number} unit
 */
export const weightsOf = ({ kernel, inputs, units }, unit) =>
  Float32Array.from({ length: inputs }, (_, input) => kernel[input * units + unit]);

/** @param {string} text */
const numbers = (text) => new Float32Array(bytes(text).buffer);

/** @param {Float32Array} values */
function base64(values) {
  let letters = "";
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) letters += String.fromCharCode(byte);
  return btoa(letters);
}
