/** "Really?", for what cannot be taken back. */

import { h } from "./dom.js";

/**
 * @param {string} question
 * @param {string} yes What the button says that does it.
 * @returns {Promise<boolean>}
 */
export function askFirst(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "ask", "aria-labelledby": "ask-question", onclose: () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    } },
    h("form", { method: "dialog" }, h("p", { id: "ask-question" }, question), h("div", { class: "buttons" },
      h("button", { class: "button", value: "no", autofocus: true }, "Keep it"),
      h("button", { class: "button danger", value: "yes" }, yes))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
