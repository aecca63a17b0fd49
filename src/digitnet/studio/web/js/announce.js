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
 * Show a notice for some seconds; as long as the pointer or the focus is on it, it stays.
 *
 * @param {string} text
 * @param {{kind?: "done" | "error", actions?: {text: string, act: () => void}[]}} [options]
 */
export function notify(text, { kind = "done", actions = [] } = {}) {
  const notice = h("div", { class: `notice ${kind}` }, h("span", {}, text), ...actions.map((action) =>
    h("button", { type: "button", onclick: () => {
      notice.remove();
      action.act();
    } }, action.text)));
  byId("notices").replaceChildren(notice);
  const leave = () => {
    if (notice.matches(":hover, :focus-within")) setTimeout(leave, NOTICE_MILLISECONDS / 2);
    else notice.remove();
  };
  setTimeout(leave, NOTICE_MILLISECONDS);
}

/**
 * Show why something did not work.
 *
 * @param {unknown} error
 */
export function notifyError(error) {
  notify(error instanceof Error ? error.message : String(error), { kind: "error" });
}
