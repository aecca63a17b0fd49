/** The class: its overview on the panel Learn, and the lesson under way beside all panels. */

import { lastTold, onTold } from "../happenings.js";
import { oncePerFrame } from "../latest.js";
import { createDock } from "./dock.js";
import { LESSONS } from "./lessons.js";
import { createOverview } from "./overview.js";
import { onProgress } from "./progress.js";

const OPEN = "digitnet-lesson"; // the lesson under way in this tab, which another tab does not have

/** @type {{overview: (place: HTMLElement) => {show: () => void}, open: (lesson: string) => void} | null} */
let started = null;

/**
 * Start the class once; a lesson that was under way in this tab goes on.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export function startClass(store, drawing) {
  if (started) return started;
  const witness = {
    get diagram() { return lastTold("diagram"); },
    get step() { return lastTold("step"); },
    get runs() { return lastTold("runs"); },
    store, drawing,
  };
  const dock = createDock(witness, (lesson, step) => {
    if (lesson) sessionStorage.setItem(OPEN, JSON.stringify({ lesson, step }));
    else sessionStorage.removeItem(OPEN);
  });
  const look = oncePerFrame(() => dock.look());
  onTold(look);
  drawing.onChange(look);
  addEventListener("hashchange", look);
  /** @type {{show: () => void} | null} */
  let overview = null;
  onProgress(() => {
    dock.refresh();
    overview?.show();
  });
  const { lesson, step } = under();
  if (LESSONS.some(({ id }) => id === lesson)) dock.open(lesson, step);
  started = {
    open: (id) => dock.open(id),
    overview: (place) => {
      overview ??= createOverview(place, (id) => dock.open(id));
      return overview;
    },
  };
  return started;
}

/** @returns {{lesson: string, step: string}} */
function under() {
  try {
    return JSON.parse(sessionStorage.getItem(OPEN) ?? "{}");
  } catch {
    return { lesson: "", step: "" };
  }
}
