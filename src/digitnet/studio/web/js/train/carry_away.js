/** The trained network to carry away: as a file for another program. */

import * as api from "../api.js";
import { notifyError } from "../announce.js";
import { h } from "../dom.js";

/** A section of one run, whose formats are asked for when it is first opened. */
export function createCarryAway() {
  let model = "";
  let isKnown = false;
  const choice = h("select", { "aria-label": "Format" });
  const save = h("button", { class: "button", disabled: true }, "Save the file");
  const words = h("p", { class: "note", role: "status" });
  /** @type {{name: string, reason: string}[]} */
  let formats = [];

  const show = () => {
    const reason = formats.find(({ name }) => name === choice.value)?.reason ?? "";
    save.disabled = !formats.length || Boolean(reason);
    words.textContent = reason;
  };
  const list = async () => {
    if (isKnown) return;
    try {
      ({ formats } = await api.exportFormats());
      isKnown = true;
      choice.replaceChildren(...formats.map((/** @type {any} */ { name, summary, reason }) =>
        h("option", { value: name }, `${name}: ${summary}${reason ? " (not here)" : ""}`)));
      show();
    } catch (error) {
      notifyError(error);
    }
  };
  const download = async () => {
    save.disabled = true;
    words.textContent = "Writing it, and comparing its answers with those of the network …";
    try {
      const { name, content } = await api.exportModel(model, choice.value);
      const link = h("a", { href: URL.createObjectURL(content), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      words.textContent = choice.value === "onnx" ? `${name} is saved.` : `${name} is saved. On 2,000 images it answers as the network does.`;
    } catch (error) {
      words.textContent = /** @type {Error} */ (error).message;
    }
    save.disabled = false;
  };
  choice.addEventListener("change", show);
  const element = h("details", { class: "carry-away", ontoggle: () => element.open && list() }, h("summary", {}, "Carry this network away"),
    h("p", { class: "note" }, "As a file for another program. Before you get it, its answers are compared with those of the network."),
    h("form", { class: "buttons", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      download();
    } }, choice, save), words);
  return {
    element,
    /** @param {import("./log.js").RunLog} log */
    show(log) {
      if (log.run.id !== model) words.textContent = "";
      model = log.run.id;
      element.hidden = log.running || !log.epochs.length;
    },
  };
}
