/** Which network answers: the loaded one, or one that was trained or taught here. */

import * as api from "./api.js";
import { noteInAddress } from "./address.js";
import { h } from "./dom.js";

/**
 * @param {HTMLSelectElement} select
 * @param {import("./state.js").Store} store
 */
export function startModelChoice(select, store) {
  const show = () => {
    const { models } = store.get("about");
    select.replaceChildren(...models.map((/** @type {any} */ model, /** @type {number} */ index) =>
      h("option", { value: index ? model.id : "" }, model.name)));
    const known = models.some((/** @type {any} */ model) => model.id === store.get("model"));
    if (store.get("model") && !known) store.set({ model: "" });
    select.value = store.get("model");
    select.disabled = models.length < 2;
  };
  select.addEventListener("change", () => store.set({ model: select.value }));
  store.on("about", show);
  store.on("model", (model) => {
    select.value = model;
    noteInAddress({ model });
  });
  show();
}

/**
 * Ask the server again which networks there are.
 *
 * @param {import("./state.js").Store} store
 */
export async function refreshModels(store) {
  store.set({ about: await api.about() });
}
