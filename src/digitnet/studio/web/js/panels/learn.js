/** Panel 7, the class: six lessons that are acted out on the other panels. Their code is fetched when they are first opened. */

import { noteInAddress, readAddress } from "../address.js";
import { byId, h } from "../dom.js";

const OPEN = "digitnet-lesson"; // in this tab: the lesson under way

/** @type {Promise<typeof import("../class/class.js")> | null} */
let loading = null;

/** @returns {Promise<typeof import("../class/class.js")>} */
function load() {
  if (!loading) {
    document.head.append(h("link", { rel: "stylesheet", href: "css/class.css" }));
    loading = import("../class/class.js");
    loading.catch(() => { loading = null; }); // the server may be back at the next try
  }
  return loading;
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export function createLearnPanel(store, drawing) {
  const place = byId("learn-body");
  /** @type {{show: () => void} | null} */
  let overview = null;
  const open = async () => {
    try {
      const { startClass } = await load();
      const lessons = startClass(store, drawing);
      overview ??= lessons.overview(place);
      overview.show();
      const named = readAddress().settings.get("lesson");
      if (!named) return;
      lessons.open(named);
      noteInAddress({ lesson: null }, "learn"); // so that it can be left
    } catch {
      place.replaceChildren(h("p", { class: "card", role: "alert" }, "The lessons could not be loaded: the server does not answer."));
    }
  };
  store.on("online", (online) => online && !overview && !byId("panel-learn").hidden && open());
  return { show: open };
}

/**
 * Go on with the lesson that was under way in this tab when the page was left.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export async function resumeLesson(store, drawing) {
  if (!sessionStorage.getItem(OPEN)) return;
  const { startClass } = await load();
  startClass(store, drawing);
}
