/** Starts the page: asks the server what it is, builds the panels, follows the address bar. */

import * as api from "./api.js";
import { notifyError } from "./announce.js";
import { PANELS, readAddress } from "./address.js";
import { byId, h } from "./dom.js";
import { Drawing } from "./drawing.js";
import { keepDrawing } from "./kept_drawing.js";
import { takeDrawing } from "./link.js";
import { followModel, startModelChoice } from "./models.js";
import { startReader } from "./reader.js";
import { createStore } from "./state.js";
import { startTheme } from "./theme.js";
import { createDrawPanel } from "./panels/draw.js";
import { createInsidePanel } from "./panels/inside.js";
import { createLearnPanel, resumeLesson } from "./panels/learn.js";
import { createMistakesPanel } from "./panels/mistakes.js";
import { createPicturePanel } from "./panels/picture.js";
import { createTeachPanel } from "./panels/teach.js";
import { createTrainPanel } from "./panels/train.js";

const store = createStore({
  about: null, model: "", online: true, mode: "number", reading: null, isReading: false, isSlow: false, isDrawing: false,
  inspected: null, corrections: 0,
});
const drawing = new Drawing();
const FACTORIES = {
  draw: createDrawPanel, picture: createPicturePanel, inside: createInsidePanel, train: createTrainPanel,
  mistakes: createMistakesPanel, teach: createTeachPanel, learn: createLearnPanel,
};
/** @type {Record<string, {show?: () => void, hide?: () => void}>} Built when first shown. */
const panels = {};
let shown = "";

/** Show the panel that the address bar names. */
function follow() {
  takeDrawing(drawing);
  const { panel, settings } = readAddress();
  followModel(store, settings);
  if (panel !== shown) {
    panels[shown]?.hide?.();
    for (const name of PANELS) byId(`panel-${name}`).hidden = name !== panel;
    for (const link of document.querySelectorAll(".tabs a")) {
      if (link.getAttribute("href") === `#${panel}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const title = byId(`title-${panel}`);
    document.title = `${title.textContent} · digitnet`;
    if (shown) { // at the start the focus stays where the browser puts it
      scrollTo(0, 0);
      title.focus({ preventScroll: true });
    }
    shown = panel;
    panels[panel] ??= FACTORIES[/** @type {keyof typeof FACTORIES} */ (panel)](store, drawing);
  }
  panels[panel].show?.();
}

/** Say when the server is gone, and when it is back. */
function watchConnection() {
  const banner = byId("connection");
  api.onConnection((online) => {
    banner.hidden = online;
    banner.textContent = online ? "" : "The server does not answer. This page goes on as soon as it is back.";
    store.set({ online });
  });
}

/** @returns {Promise<any>} What the server says about itself, as soon as it answers. */
async function introduction() {
  try {
    return await api.about();
  } catch (error) {
    if (!(error instanceof api.ApiError) || error.status) throw error;
    await new Promise((resolve) => store.on("online", resolve));
    return introduction();
  }
}

async function start() {
  startTheme(byId("theme"));
  watchConnection();
  try {
    store.set({ about: await introduction() });
  } catch (error) {
    byId("main").replaceChildren(h("p", { class: "card", role: "alert" }, /** @type {Error} */ (error).message));
    return;
  }
  document.documentElement.classList.add("ready");
  startModelChoice(byId("model"), store);
  startReader(drawing, store);
  keepDrawing(drawing);
  addEventListener("hashchange", follow);
  follow();
  resumeLesson(store, drawing).catch(notifyError);
}

start();
