/** A question before something that cannot be undone. */

import { h } from "./dom.js";

/**
 * @param {string} question
 * @param {string} yes The text of the button that confirms.
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
