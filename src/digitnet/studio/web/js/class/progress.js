/** Which steps of which lessons are done: kept in this browser, for all of its tabs. */

const KEY = "digitnet-class";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Record<string, string[]>} Where the browser keeps nothing, such as in a private window. */
let inMemory = {};

addEventListener("storage", (event) => (event.key === KEY || event.key === null) && told());

/**
 * What is done, read anew each time: another tab may have written meanwhile.
 *
 * @returns {Record<string, string[]>} Names of steps by lesson.
 */
function stored() {
  try {
    const content = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return Object.fromEntries(Object.entries(content).filter(([, steps]) => Array.isArray(steps)).map(([lesson, steps]) =>
      [lesson, /** @type {any[]} */ (steps).filter((step) => typeof step === "string")]));
  } catch {
    return inMemory;
  }
}

/**
 * @param {string} lesson
 * @returns {string[]} The steps of it that are done.
 */
export const doneIn = (lesson) => stored()[lesson] ?? [];

/**
 * Note that a step is done. What other tabs have noted stays.
 *
 * @param {string} lesson
 * @param {string} step
 */
export function noteDone(lesson, step) {
  const all = stored();
  if (all[lesson]?.includes(step)) return;
  keep({ ...all, [lesson]: [...(all[lesson] ?? []), step] });
}

/** Forget everything, in all tabs. */
export function forgetAll() {
  keep({});
}

/** @param {() => void} listener Called when this tab or another one has noted or forgotten something. */
export function onProgress(listener) {
  listeners.add(listener);
}

/** @param {Record<string, string[]>} all */
function keep(all) {
  inMemory = all;
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // It stays in this tab then, until it is closed.
  }
  told();
}

function told() {
  for (const listener of listeners) listener();
}
