/** Panel 6: the corrections, and what a copy of the network learns from them. */

import * as api from "../api.js";
import { notify, notifyError } from "../announce.js";
import { askFirst } from "../ask.js";
import { byId, h } from "../dom.js";
import { answersInOrder, oncePerFrame, signOfWork } from "../latest.js";
import { answerWith, refreshModels } from "../models.js";
import { createCorrectionList } from "../teach/corrections.js";
import { createLesson } from "../teach/lesson.js";
import { RunLog } from "../train/log.js";

/** @param {import("../state.js").Store} store */
export function createTeachPanel(store) {
  const { training, model } = store.get("about");
  /** @type {any[] | null} */
  let corrections = null; // null until the server has listed them
  let failure = ""; // why it has not
  let isSlow = false;
  /** @type {RunLog | null} The newest lesson. */
  let log = null;

  const draw = () => {
    kept.show(corrections, wordsFor({ online: store.get("online"), failure, isSlow }));
    lesson.show({
      corrections: corrections && corrections.filter(({ label }) => label !== null).length,
      reason: training.available ? "" : training.reason,
      log,
      used: Boolean(log) && store.get("model") === log?.run.id,
    });
  };

  const drawSoon = oncePerFrame(draw);

  const listing = answersInOrder();
  const showWork = signOfWork((slow) => {
    isSlow = slow;
    draw();
  });
  const refresh = async () => {
    const isNews = listing();
    showWork(!corrections);
    try {
      const listed = await api.listCorrections();
      const { runs } = training.available ? await api.listTraining() : { runs: [] };
      if (!isNews()) return;
      ({ corrections } = listed);
      failure = "";
      store.set({ corrections: corrections.length });
      const newest = runs.find((/** @type {any} */ run) => run.kind === "lesson");
      if (newest?.id !== log?.run.id || (newest?.status === "running" && !log?.running)) follow(newest);
    } catch (error) {
      failure = /** @type {Error} */ (error).message;
      if (corrections) notifyError(error);
    }
    showWork(false);
    draw();
  };

  /** Follow the events of a lesson. */
  const follow = (/** @type {any} */ run) => {
    log?.leave();
    log = null;
    if (!run) return;
    const followed = new RunLog(run);
    log = followed;
    const { live } = followed;
    followed.follow(drawSoon).then(() => {
      if (!live || log !== followed || followed.running) return;
      followed.live = false;
      draw();
      refreshModels(store).catch(notifyError);
      notify(followed.result ? "The copy has learned. Compare it with the network before." : "The lesson has ended.");
    }).catch(notifyError);
  };

  const act = (/** @type {() => Promise<unknown>} */ action) => async () => {
    try {
      await action();
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  };
  const kept = createCorrectionList(model.class_names, refresh);
  const lesson = createLesson({
    teach: act(() => api.teach(store.get("model"))),
    stop: act(async () => log && api.stopTraining(log.run.id)),
    remove: act(async () => {
      if (!log || !(await askFirst("Delete the taught copy?", "Delete it"))) return;
      await api.deleteTraining(log.run.id);
      await refreshModels(store); // if the copy was the network that answers, the loaded one takes its place
    }),
    use: act(async () => {
      const id = log?.run.id ?? "";
      await answerWith(store, store.get("model") === id ? log?.run.base ?? "" : id);
    }),
  });
  byId("teach-body").append(h("div", { class: "two-columns" }, kept.element, lesson.element));
  draw();
  store.on("model", draw);
  store.on("corrections", () => byId("panel-teach").hidden || refresh());
  store.on("online", (online) => (online ? refresh() : draw()));
  return { show: refresh };
}

/**
 * Why there is no list of corrections yet.
 *
 * @param {{online: boolean, failure: string, isSlow: boolean}} now
 */
function wordsFor({ online, failure, isSlow }) {
  if (!online) return "The server does not answer. Your corrections are safe in their file, and listed as soon as it is back.";
  return failure || (isSlow ? "Listing your corrections …" : "");
}
