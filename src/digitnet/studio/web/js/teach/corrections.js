/** The list of corrections: show, delete, export. */

import * as api from "../api.js";
import { notifyError } from "../announce.js";
import { askFirst } from "../ask.js";
import { h } from "../dom.js";
import { bytes, plural } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";

/**
 * @param {string[]} names Of the classes.
 * @param {() => Promise<void>} refresh Called after a change.
 */
export function createCorrectionList(names, refresh) {
  const summary = h("p", { class: "note" });
  const list = h("ul", { class: "tiles kept" });
  const act = async (/** @type {() => Promise<unknown>} */ action) => {
    try {
      await action();
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  };
  const removeAll = async () => {
    if (await askFirst("Delete every correction? They cannot be brought back.", "Delete all")) await act(api.deleteCorrections);
  };
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, kind = "") =>
    h("button", { type: "button", class: `button small ${kind}`, onclick }, text);
  const buttons = h("div", { class: "buttons" },
    button("Export as IDX", () => act(() => save("idx"))), button("Export as PNG", () => act(() => save("png"))),
    button("Delete all", removeAll, "danger"));
  const element = h("section", { class: "card stack" }, h("h2", {}, "Your corrections"), summary, list, buttons);

  const tile = (/** @type {any} */ correction) => {
    const canvas = smallCanvas("");
    paintInk(canvas, bytes(correction.image));
    const nameOf = (/** @type {number | null} */ label) => (label === null ? "not a digit" : names[label]);
    const name = nameOf(correction.label);
    const words = correction.was === correction.label ? "" : `, read as ${nameOf(correction.was)}`;
    return h("li", {}, canvas, h("p", {}, h("strong", {}, name), words),
      h("button", { type: "button", class: "button small", "aria-label": `Delete: ${name}${words}`,
        onclick: async () => {
          const at = [...list.children].findIndex((item) => item.contains(document.activeElement));
          await act(() => api.deleteCorrection(correction.id));
          (list.querySelectorAll("button")[Math.min(at, list.children.length - 1)] ?? element.querySelector("h2")).focus();
        } }, "Delete"));
  };
  element.querySelector("h2").tabIndex = -1; // takes the focus when the last correction is deleted

  return {
    element,
    /**
     * @param {any[] | null} corrections null where they are not known.
     * @param {string} words What is said then.
     */
    show(corrections, words) {
      const count = corrections?.length ?? 0;
      summary.textContent = !corrections ? words : count ? summaryOf(corrections)
        : "None yet. Where an answer is wrong, choose “Wrong answer?” beside it and say what it really is.";
      buttons.hidden = list.hidden = !count;
      list.replaceChildren(...(corrections ?? []).map(tile));
    },
  };
}

/** @param {any[]} corrections At least one. */
function summaryOf(corrections) {
  const others = corrections.filter(({ label }) => label === null).length;
  const all = `${plural(corrections.length, "picture")} that you corrected, in one file on this machine.`;
  if (!others) return all;
  return `${all} ${others === 1 ? "One of them is" : `${others} of them are`} no digit: kept and exported, but a copy learns from digits alone.`;
}

/**
 * Let the browser save the corrections as a file.
 *
 * @param {"idx" | "png"} format
 */
async function save(format) {
  const address = URL.createObjectURL(await api.exportCorrections(format));
  h("a", { href: address, download: `digitnet-corrections-${format}.zip` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
