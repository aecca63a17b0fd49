/** The bearer token that a server may ask for: kept for this tab only. */

import { byId } from "./dom.js";

const KEY = "digitnet-token";

export const storedToken = () => sessionStorage.getItem(KEY) ?? "";

/** @type {Promise<boolean> | null} */
let asking = null;

/**
 * Ask the person for the token; several requests that fail at once share one question.
 *
 * @returns {Promise<boolean>} Whether there is a token to try.
 */
export function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token");
    const input = dialog.querySelector("input");
    const finish = () => {
      asking = null;
      if (input.value) sessionStorage.setItem(KEY, input.value);
      resolve(Boolean(input.value));
      input.value = "";
    };
    dialog.addEventListener("close", finish, { once: true });
    dialog.showModal();
  });
  return asking;
}
