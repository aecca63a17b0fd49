/** "Wrong?": the person says what it really is, and the correction is kept. */

import * as api from "./api.js";
import { notify, notifyError } from "./announce.js";
import { h } from "./dom.js";
import { plural } from "./format.js";

/**
 * @param {import("./state.js").Store} store
 * @param {() => {image: string, was: number | null, png?: string | null} | null} current What the correction is about.
 */
export function createCorrection(store, current) {
  const names = store.get("about").model.class_names;
  const nameOf = (/** @type {number | null} */ label) => (label === null ? "not a digit" : names[label]);
  const keep = async (/** @type {number | null} */ label) => {
    const about = current();
    if (!about) return;
    try {
      const { id } = await api.addCorrection({ image: about.image, label, was: about.was, png: about.png ?? null });
      const { corrections } = await api.listCorrections();
      store.set({ corrections: corrections.length });
      element.open = false;
      element.querySelector("summary").focus();
      notify(`Saved as ${nameOf(label)}. ${plural(corrections.length, "correction")} so far.`, { actions: [
        { text: "Undo", act: () => undo(id) },
        { text: "Teach the network", act: () => { location.hash = "#teach"; } },
      ] });
    } catch (error) {
      notifyError(error);
    }
  };
  const undo = async (/** @type {number} */ id) => {
    try {
      await api.deleteCorrection(id);
      store.set({ corrections: store.get("corrections") - 1 });
      notify("Correction deleted.");
    } catch (error) {
      notifyError(error);
    }
  };
  const buttons = names.map((/** @type {string} */ name, /** @type {number} */ label) =>
    h("button", { type: "button", class: "key", onclick: () => keep(label) }, name));
  const element = h("details", { class: "correct" }, h("summary", {}, "Wrong answer?"),
    h("fieldset", {}, h("legend", {}, "What is it really?"), h("div", { class: "keys" }, ...buttons),
      h("button", { type: "button", class: "key", onclick: () => keep(null) }, "Not a digit")));
  return element;
}
