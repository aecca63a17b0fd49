/** Questions in a dialog: before something that cannot be undone, and for a text. */

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

/**
 * @param {string} question
 * @param {string} value What stands in the field.
 * @param {string} yes The text of the button that takes the text.
 * @returns {Promise<string | null>} null where it was given up.
 */
export function askForText(question, value, yes) {
  return new Promise((resolve) => {
    const field = h("input", { type: "text", value, maxlength: 60, required: true, autofocus: true });
    const dialog = h("dialog", { class: "ask", "aria-label": question, onclose: () => {
      resolve(dialog.returnValue === "yes" ? field.value : null);
      dialog.remove();
    } },
    h("form", { method: "dialog" }, h("label", { class: "field" }, question, field), h("div", { class: "buttons" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close("") }, "Leave it"), h("button", { class: "button primary", value: "yes" }, yes))));
    document.body.append(dialog);
    dialog.showModal();
    field.select();
  });
}
