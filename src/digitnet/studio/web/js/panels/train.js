/** Panel 4: start a small run, watch it, compare two runs, use the trained network. */

import * as api from "../api.js";
import { notify, notifyError } from "../announce.js";
import { noteInAddress, readAddress } from "../address.js";
import { askFirst, askForText } from "../ask.js";
import { byId, h } from "../dom.js";
import { tell } from "../happenings.js";
import { answersInOrder, oncePerFrame } from "../latest.js";
import { createLinkButton } from "../link.js";
import { refreshModels } from "../models.js";
import { createDials } from "../train/dials.js";
import { RunLog } from "../train/log.js";
import { createRunView } from "../train/run.js";
import { createRuns } from "../train/runs.js";
import { createSideBySide } from "../train/side_by_side.js";
import { addressOf, namesSettings, settingsFrom } from "../train/settings.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing Goes into links.
 */
export function createTrainPanel(store, drawing) {
  const { training, model } = store.get("about");
  if (!training.available) {
    byId("train-body").append(h("p", { class: "card" }, training.reason));
    return {};
  }
  /** @type {any[]} */
  let runs = [];
  /** @type {RunLog | null} */
  let log = null;
  /** @type {RunLog | null} */
  let other = null;

  /** Send a request to the server, then show the new state of the runs. */
  const act = (/** @type {(id: string) => Promise<unknown>} */ action) => async (/** @type {string} */ id) => {
    try {
      await action(id);
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  };
  const view = createRunView(model.class_names, {
    stop: act(api.stopTraining),
    resume: act(async (id) => {
      await api.resumeTraining(id);
      await refresh();
      watch(id);
    }),
    remove: act(async (id) => {
      if (!(await askFirst("Delete this run and its network?", "Delete it"))) return;
      await api.deleteTraining(id);
      await refreshModels(store); // if it was the network that answers, the loaded one takes its place
      choose("");
    }),
    rename: act(async (id) => {
      const before = runs.find((run) => run.id === id)?.name ?? "";
      const name = await askForText("Name of the run", before.replace(/^Run \d+: /, ""), "Rename it");
      if (name === null) return;
      await api.renameTraining(id, name);
      await refreshModels(store);
    }),
    use: async (id) => {
      await refreshModels(store);
      store.set({ model: id });
      location.hash = "#draw";
    },
  });
  const side = createSideBySide({ start: async (settings) => {
    const { id } = await api.startTraining(settings);
    await refresh();
    choose(id);
    return id;
  } });
  const list = createRuns({
    choose: (id) => choose(id),
    compare: (id) => compare(other?.run.id === id ? "" : id),
    beside: (id) => {
      side.toggle(id);
      draw();
    },
    isBeside: side.isBeside,
  });
  const welcome = h("section", { class: "card welcome" }, h("h2", {}, "How a network learns"),
    h("p", {}, "A network starts with random weights, and its answers are guesses. In every epoch it sees each training image once, " +
      "and after each step its weights change a little, so that the answers become less wrong."),
    h("p", {}, "Start with the settings as they are: it takes half a minute or so. Then change one of them, and compare."));
  view.element.hidden = true;
  const boundaryPlace = h("div", { class: "later" });
  /** @type {Promise<ReturnType<typeof import("../train/boundary.js").createBoundary>> | null} */
  let boundary = null; // fetched when a run is first looked at
  const showBoundary = async () => {
    if (!log && !boundary) return;
    boundary ??= import("../train/boundary.js").then(({ createBoundary }) => {
      const made = createBoundary(model.class_names);
      boundaryPlace.replaceChildren(made.element);
      return made;
    });
    (await boundary).show(log);
  };
  const place = h("div");
  const away = h("p", { class: "card", role: "status", hidden: true },
    "The server does not answer. A run that is under way goes on if the server does; its curves come back with it.");
  byId("train-body").append(away, h("div", { class: "train-columns" }, place, h("div", { class: "stack" }, welcome, view.element, boundaryPlace, list.element, side.element)));
  /** @type {ReturnType<typeof createDials>} */
  let dials;

  const draw = () => {
    welcome.hidden = Boolean(log);
    view.element.hidden = !log;
    if (log) view.show(log, other);
    showBoundary().catch(notifyError);
    side.show(runs);
    list.show(runs, log?.run.id ?? "", other?.run.id ?? "");
    dials.setRunning(Boolean(log?.running) || runs.some(({ status }) => status === "running"));
    tell("runs", { runs, log, other });
  };

  const drawSoon = oncePerFrame(draw);

  const listing = answersInOrder();
  const refresh = async () => {
    const isNews = listing();
    try {
      const listed = (await api.listTraining()).runs;
      if (!isNews()) return;
      runs = listed.filter((/** @type {any} */ run) => run.kind !== "lesson");
      for (const followed of [log, other]) followed?.update(runs);
      draw();
    } catch (error) {
      notifyError(error);
    }
  };

  /** Follow a run of the list to its end. */
  const follow = (/** @type {string} */ id) => {
    const run = runs.find((one) => one.id === id);
    if (!run) return null;
    const followed = new RunLog(run);
    const { live } = followed;
    followed.follow(drawSoon).then(() => {
      if (!live || followed.running) return;
      followed.live = false;
      refresh();
      refreshModels(store).catch(notifyError);
      notify(`${run.name}: ${followed.status}.`);
    }).catch(notifyError);
    return followed;
  };
  const watch = (/** @type {string} */ id) => {
    log?.leave();
    log = follow(id);
  };
  const choose = (/** @type {string} */ id) => {
    watch(id);
    if (other?.run.id === id) compare("");
    noteInAddress({ run: log ? id : null }, "train");
    draw();
  };
  const compare = (/** @type {string} */ id) => {
    other?.leave();
    other = follow(id);
    noteInAddress({ with: other ? id : null }, "train");
    draw();
  };

  const start = async (/** @type {import("../train/settings.js").Settings & {name: string}} */ settings) => {
    try {
      const { id } = await api.startTraining(settings);
      await refresh();
      choose(id);
      if (innerWidth < 1024) view.element.scrollIntoView();
    } catch (error) {
      notifyError(error);
      await refresh();
    }
  };

  const showDials = () => {
    dials = createDials(settingsFrom(readAddress().settings, training.settings), training.settings, {
      classes: model.class_names.length,
      link: createLinkButton(drawing),
      onChange: (settings) => noteInAddress(addressOf(settings, training.settings)),
      onStart: start,
    });
    place.replaceChildren(dials.element);
  };
  showDials();
  const showAway = (/** @type {boolean} */ online) => { away.hidden = online; };
  store.on("online", (online) => {
    showAway(online);
    if (online) refresh();
  });
  showAway(store.get("online"));

  return {
    async show() {
      const { settings: inAddress } = readAddress();
      if (namesSettings(inAddress, training.settings)) showDials();
      else noteInAddress(addressOf(dials.settings(), training.settings));
      await refresh();
      const { panel, settings } = readAddress(); // as they are by now
      if (panel !== "train") return;
      const asked = settings.get("run") ?? "";
      const running = runs.find(({ status }) => status === "running")?.id ?? "";
      const id = runs.some((run) => run.id === asked) ? asked : log?.run.id || running;
      if (id && id !== log?.run.id) choose(id);
      else noteInAddress({ run: id });
      const beside = settings.get("with") ?? "";
      if (beside && beside !== id && beside !== other?.run.id) compare(beside);
      draw();
    },
  };
}
