/** How sure an answer is, in a sentence: of each number as the reader has it, and of nothing while the pen moves. */

import { orList, percent } from "./format.js";

/**
 * @param {any} reading The server's answer.
 * @param {string[]} names
 * @param {{isSettled?: boolean, place?: string}} [options] Whether it is the answer to all that is there; where that is.
 * @returns {string}
 */
export function verdict(reading, names, { isSettled = true, place = "drawing" } = {}) {
  const digits = reading.digits.filter((/** @type {any} */ digit) => digit.label !== null);
  if (!isSettled) return digits.length ? "So far: it is still being drawn or read." : "Nothing so far: it is still being drawn or read.";
  if (!digits.length) return reading.digits.length ? "This does not look like a digit." : `There is no digit in this ${place}.`;
  if (reading.others) return `Not sure: there is more than one digit. “Number” reads them all.`;
  const numbers = reading.numbers ?? [];
  if (numbers.length > 1) return ofNumbers(numbers);
  if (digits.length > 1) {
    return reading.status === "ok" ? `Sure of all ${digits.length} digits.` : "Not sure of this number.";
  }
  const [digit] = digits;
  if (reading.status === "ok") return "Sure.";
  const others = digit.candidates.map((/** @type {number} */ label) => names[label]);
  return others.length > 1 ? `Not sure: ${orList(others)}.` : "Not sure of it.";
}

/** @param {{text: string, status: string}[]} numbers */
function ofNumbers(numbers) {
  const doubtful = numbers.filter(({ status }) => status !== "ok").map(({ text }) => text);
  if (!doubtful.length) return `Sure of all ${numbers.length} numbers.`;
  if (doubtful.length === numbers.length) return `Not sure of any of the ${numbers.length} numbers.`;
  const named = doubtful.length > 3 ? `${doubtful.length} of the ${numbers.length} numbers` : orList(doubtful);
  return `${numbers.length} numbers, not sure of ${named}.`;
}

/**
 * The chance that the answer is right: of a number, of all of it.
 *
 * @param {any} reading
 * @returns {string} "" where nothing was read, or several numbers with a chance each.
 */
export function chanceOf(reading) {
  const numbers = reading.numbers ?? [];
  const digits = reading.digits.filter((/** @type {any} */ digit) => digit.label !== null);
  if (numbers.length > 1 || !digits.length || reading.others) return "";
  if (!numbers.length && digits.length > 1) return "";
  const chance = numbers.length ? numbers[0].confidence : digits[0].confidence;
  return `${percent(chance)} chance that ${digits.length > 1 ? "all of it" : "it"} is right`;
}
