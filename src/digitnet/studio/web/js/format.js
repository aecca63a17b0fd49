/** Numbers and bytes as they are shown. */

/**
 * A probability, never rounded up to certainty.
 *
 * @param {number} probability
 */
export function percent(probability) {
  const value = 100 * probability;
  if (value > 99.99) return "99.99\u00a0%";
  return `${value.toFixed(value >= 99 || value < 1 ? 2 : 1)}\u00a0%`;
}

/** @param {number} count */
export const grouped = (count) => count.toLocaleString("en");

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;

/** @param {number} value */
export const signed = (value) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;

/**
 * Classes as "7 or 1".
 *
 * @param {string[]} names
 */
export const orList = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);

/**
 * @param {string} base64
 * @returns {Uint8Array}
 */
export function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/**
 * @param {string} base64 Of signed bytes.
 * @returns {Int8Array}
 */
export const signedBytes = (base64) => new Int8Array(bytes(base64).buffer);
