/** What a screen reader says, and short notices for everyone. */

import { byId, h } from "./dom.js";

const PAUSE_MILLISECONDS = 700; // answers come many times a second while someone draws
const NOTICE_MILLISECONDS = 6000;

let timer = 0;

/**
 * Say something once it has stayed the same for a moment.
 *
 * @param {string} text
 */
export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    byId("announcer").textContent = text;
  }, PAUSE_MILLISECONDS);
}

/**
 * Show a notice for some seconds.
 *
 * @param {string} text
 * @param {{kind?: "done" | "error", action?: {text: string, href: string}}} [options]
 */
export function notify(text, { kind = "done", action } = {}) {
  const notice = h("div", { class: `notice ${kind}` }, h("span", {}, text));
  if (action) notice.append(h("a", { href: action.href, onclick: () => notice.remove() }, action.text));
  byId("notices").replaceChildren(notice);
  setTimeout(() => notice.remove(), NOTICE_MILLISECONDS);
}

/**
 * Show why something did not work.
 *
 * @param {unknown} error
 */
export function notifyError(error) {
  notify(error instanceof Error ? error.message : String(error), { kind: "error" });
}
