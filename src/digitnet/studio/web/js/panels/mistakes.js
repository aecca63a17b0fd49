/** Panel 5: the confusion matrix on the test set, and the images of each cell. */

import * as api from "../api.js";
import { noteInAddress, readAddress } from "../address.js";
import { byId, h } from "../dom.js";
import { bytes, grouped, percent, plural } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";
import { latestWins, signOfWork } from "../latest.js";
import { createMatrix } from "../matrix.js";

const PAGE_SIZE = 60;
const SUMMARY = "Every image of the test set: what it is, and what the network takes it for.";
const SECOND = "This is the network that you can look into. A drawing or a picture is read by it together with a second one, so there " +
  "the answer may be another.";

/** @param {import("../state.js").Store} store */
export function createMistakesPanel(store) {
  const names = store.get("about").model.class_names;
  const table = h("div", { class: "matrix-frame" });
  const work = h("p", { class: "work", hidden: true, role: "status" });
  const gallery = h("section", { class: "card gallery", "aria-live": "polite" });
  byId("mistakes-body").append(h("div", { class: "two-columns mistakes-columns" }, h("section", { class: "card" }, work, table), gallery));
  gallery.hidden = true;
  const AWAY = "The server does not answer. The mistakes are counted as soon as it is back.";
  const showWork = signOfWork((isSlow) => {
    work.hidden = !isSlow;
    work.textContent = "Reading the 10,000 test images with this network …";
  });

  /** @type {any} */
  let counted = null;
  let countedModel = "";

  const count = latestWins(async () => {
    const model = store.get("model");
    if (byId("panel-mistakes").hidden) return; // counted when it is looked at
    try {
      if (!counted || countedModel !== model) {
        table.replaceChildren(); // what was counted for another network is nothing to look at now
        gallery.hidden = true;
        byId("mistakes-summary").textContent = SUMMARY;
        const found = await api.mistakes(model);
        if (store.get("model") !== model) return; // another one is asked about by now
        [counted, countedModel] = [found, model];
        if (byId("panel-mistakes").hidden) return;
      }
      byId("mistakes-summary").textContent = `Of ${plural(counted.n, "image")} of the test set, none of which it was trained ` +
        `on, the network gets ${grouped(counted.errors)} wrong. ${counted.second_network ? SECOND : ""}`;
      choose(...chosenCell(counted.confusion));
    } catch (error) {
      if (store.get("model") !== model) return;
      table.replaceChildren(h("p", { role: "alert" }, store.get("online") ? /** @type {Error} */ (error).message : AWAY));
      gallery.hidden = true;
    }
  }, showWork);

  const choose = (/** @type {number} */ truth, /** @type {number} */ predicted) => {
    noteInAddress({ true: truth, predicted }, "mistakes");
    const pressed = document.activeElement?.closest(".matrix button");
    table.replaceChildren(createMatrix(counted.confusion, names, {
      onChoose: choose,
      chosen: [truth, predicted],
      caption: "Rows: the true digit. Columns: the answer. Choose a number to see the images.",
    }));
    if (pressed) /** @type {any} */ (table.querySelector('[aria-pressed="true"]'))?.focus();
    gallery.hidden = false;
    showCell(gallery, store, { model: countedModel, truth, predicted });
  };
  store.on("model", count);
  store.on("online", (online) => online && count());
  return { show: count };
}

/**
 * The cell of the address bar, or the one with the most mistakes.
 *
 * @param {number[][]} confusion
 * @returns {[number, number]}
 */
function chosenCell(confusion) {
  const { settings } = readAddress();
  const cell = [settings.get("true"), settings.get("predicted")].map((text) => (text === null ? NaN : Number(text)));
  if (confusion[cell[0]]?.[cell[1]] !== undefined) return [cell[0], cell[1]];
  /** @type {[number, number]} */
  let most = [0, 1];
  confusion.forEach((row, truth) => row.forEach((count, predicted) => {
    if (truth !== predicted && count > confusion[most[0]][most[1]]) most = [truth, predicted];
  }));
  return most;
}

/**
 * @param {HTMLElement} gallery
 * @param {import("../state.js").Store} store
 * @param {{model: string, truth: number, predicted: number}} cell
 */
async function showCell(gallery, store, { model, truth, predicted }) {
  const names = store.get("about").model.class_names;
  const title = truth === predicted ? `${names[truth]}, read right` : `${names[truth]} taken for ${names[predicted]}`;
  const list = h("ul", { class: "tiles" });
  const more = h("button", { type: "button", class: "button" }, "Show more");
  const note = h("p", { class: "note" }, "Loading …");
  gallery.replaceChildren(h("h2", {}, title), note, list, more);
  more.hidden = true;
  let shown = 0;
  let loading = false;
  const load = async () => {
    if (loading) return; // else the same images would come twice
    loading = true;
    const query = { model, true: truth, predicted, limit: PAGE_SIZE, offset: shown };
    try {
      const { total, digits } = await api.mistakesCell(query);
      list.append(...digits.map((/** @type {any} */ digit) => h("li", {}, tile(digit, store))));
      shown += digits.length;
      const order = truth === predicted && total > 1 ? ", the least confident first" : "";
      note.textContent = total ? `${plural(total, "image")}${order}. Choose one to look inside.` : "No image: these two are never confused.";
      more.hidden = shown >= total;
    } catch (error) {
      note.textContent = /** @type {Error} */ (error).message;
    }
    loading = false;
  };
  more.addEventListener("click", load);
  await load();
}

/**
 * @param {any} digit
 * @param {import("../state.js").Store} store
 */
function tile(digit, store) {
  const names = store.get("about").model.class_names;
  const canvas = smallCanvas("");
  paintInk(canvas, bytes(digit.image));
  const inspect = () => {
    store.set({ inspected: { image: digit.image, origin: `test image ${digit.index}`, truth: digit.label } });
    location.hash = "#inside?view=large"; // the mistake is of that network
  };
  return h("button", { type: "button", class: "tile", onclick: inspect,
    "aria-label": `Test image ${digit.index}, a ${names[digit.label]}, taken for ${names[digit.predicted]}: look inside` },
  canvas, h("span", {}, percent(digit.confidence)));
}
