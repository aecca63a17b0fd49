/** Which network answers: the loaded one, or one that was trained or taught here. */

import * as api from "./api.js";
import { noteInAddress } from "./address.js";
import { h } from "./dom.js";
import { answersInOrder } from "./latest.js";

const LOADED = "loaded"; // the loaded network in the address bar; its id is ""
const listing = answersInOrder();

/**
 * @param {HTMLSelectElement} select
 * @param {import("./state.js").Store} store
 */
export function startModelChoice(select, store) {
  const show = () => {
    const { models } = store.get("about");
    select.replaceChildren(...models.map((/** @type {any} */ { id, name }) => h("option", { value: id }, name)));
    store.set({ model: knownOr(store, store.get("model"), "") });
    select.value = store.get("model");
    select.disabled = models.length < 2;
  };
  select.addEventListener("change", () => store.set({ model: select.value }));
  store.on("about", show);
  store.on("model", (model) => {
    select.value = model;
    noteModel(store);
  });
  store.set({ model: store.get("about").answering ?? "" });
  show();
}

/**
 * Take the network that the address bar names; where it names none, the one of now goes along.
 *
 * @param {import("./state.js").Store} store
 * @param {URLSearchParams} settings
 */
export function followModel(store, settings) {
  const named = settings.get("model");
  if (named !== null) store.set({ model: knownOr(store, named === LOADED ? "" : named, store.get("model")) });
  noteModel(store);
}

/**
 * The address names the network unless it is the one that answers anyway.
 *
 * @param {import("./state.js").Store} store
 */
function noteModel(store) {
  const model = store.get("model");
  noteInAddress({ model: model === (store.get("about").answering ?? "") ? null : model || LOADED });
}

/**
 * @param {import("./state.js").Store} store
 * @param {string} id
 * @param {string} otherwise
 */
const knownOr = (store, id, otherwise) =>
  (store.get("about").models.some((/** @type {any} */ model) => model.id === id) ? id : otherwise);

/**
 * Ask the server again which networks there are.
 *
 * @param {import("./state.js").Store} store
 */
export async function refreshModels(store) {
  const isNews = listing();
  const about = await api.about();
  if (isNews()) store.set({ about });
}

/**
 * Let a network answer from now on, here and after the next start.
 *
 * @param {import("./state.js").Store} store
 * @param {string} id
 */
export async function answerWith(store, id) {
  await api.useModel(id);
  await refreshModels(store);
  store.set({ model: id });
  noteModel(store);
}
