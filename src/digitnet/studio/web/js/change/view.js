/** What would change its mind: a search for the smallest change of ink, and an image to rub out and to ink by hand. */

import * as api from "../api.js";
import { announce } from "../announce.js";
import { createBars } from "../bars.js";
import { createPadCard } from "../diagram/view.js";
import { h } from "../dom.js";
import { bytes, percent, plural } from "../format.js";
import { latestWins, signOfWork } from "../latest.js";
import { onSituation, situationOfDrawing } from "../situation.js";
import { createGrid } from "./grid.js";
import { createSteps } from "./steps.js";
import { createStrokes, readStrokes, strokesOf } from "./strokes.js";

const BLANK = new Uint8Array(784);
const KEYS = "Arrow keys go from pixel to pixel, Space rubs out or inks.";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible
 */
export function createChangeView(store, drawing, isVisible) {
  const names = store.get("about").model.class_names;
  const now = createSubject();
  /** @type {any} */
  let found = null; // what the search has found for the image as it was then
  let step = 0;
  let work = ""; // what takes long
  let failure = "";

  const page = createPage(store, drawing, names, {
    onChange: (pixels, level) => edit(pixels, level),
    onRestore: () => { now.restore(); strokes.restore(); changed(); },
    onSearch: (target) => search(target),
    onStep: (at) => { step = at; now.image = imageAt(found, at); show(); },
  });
  const strokes = createStrokes((kept, left) => leaveOut(kept, left));
  page.tools.append(strokes.element);

  const setWork = signOfWork((isSlow) => { work = isSlow ? "Searching …" : ""; show(); });
  const show = () => page.show({ now, found, step, work, failure, state: wordsFor(store, drawing) });
  const changed = () => {
    [found, failure] = [null, ""];
    now.answer = now.edition === now.answered ? now.answer : null;
    show();
    ask();
  };
  const edit = (/** @type {number[]} */ pixels, /** @type {number} */ level) => {
    if (now.change(pixels, level)) changed();
  };

  const ask = latestWins(async () => {
    if (!isVisible() || !now.has) return;
    const [edition, model] = [now.edition, store.get("model")];
    try {
      const answer = await api.answer({ image: now.text(), model });
      if (model !== store.get("model")) return;
      if (edition !== now.edition) return void ask();
      now.note(answer, edition);
    } catch (error) {
      failure = /** @type {Error} */ (error).message;
    }
    show();
  });
  const search = async (/** @type {number | null} */ target) => {
    if (!now.has) return;
    [found, failure] = [null, ""];
    const [edition, model] = [now.edition, store.get("model")];
    const isLate = () => edition !== now.edition || model !== store.get("model");
    setWork(true);
    try {
      const told = await api.counterfactual({ image: now.text(), model, target });
      if (isLate()) return;
      found = { ...told, start: now.image };
      if (told.found) {
        step = told.steps.length - 1;
        now.image = imageAt(found, step);
        now.edition++;
        now.note({ label: told.label, probabilities: told.steps[step] }, now.edition);
      }
      announce(told.sentences.change);
    } catch (error) {
      if (!isLate()) failure = /** @type {Error} */ (error).message;
    } finally {
      setWork(false);
      show();
    }
  };
  const leaveOut = async (/** @type {import("./strokes.js").Stroke[]} */ kept, /** @type {number} */ left) => {
    const subject = store.get("inspected");
    const edition = ++now.edition;
    try {
      const image = left ? await readStrokes(kept, store.get("model")) : subject?.image ?? null;
      if (edition !== now.edition || subject !== store.get("inspected")) return;
      now.begin(image ? bytes(image) : BLANK, { isNew: false });
    } catch (error) {
      failure = /** @type {Error} */ (error).message;
    }
    changed();
  };

  const follow = () => {
    if (!isVisible()) return;
    const inspected = store.get("inspected");
    if (inspected === now.inspected) return show();
    now.inspected = inspected;
    now.begin(inspected ? bytes(inspected.image) : BLANK, { isNew: true, has: Boolean(inspected) });
    strokes.set(inspected?.drawn ? strokesOf(drawing, store.get("reading"), inspected.drawn.index) : []);
    changed();
  };
  store.on("inspected", follow);
  onSituation(store, drawing, () => isVisible() && show());
  store.on("model", () => { now.edition++; now.usual = null; now.restore(); changed(); });
  store.on("online", (online) => online && ask());
  return { element: page.element, show: () => { follow(); ask(); } };
}

/** The image that is looked at: as it came, as it is now, and what is answered to it. */
function createSubject() {
  return {
    /** @type {import("../state.js").Inspected | null} */
    inspected: null,
    has: false,
    base: BLANK,
    image: BLANK,
    edition: 0, // one more with each change
    answered: -1, // the edition that `answer` belongs to
    /** @type {{label: number, probabilities: number[]} | null} */
    answer: null,
    /** @type {{label: number, probabilities: number[]} | null} */
    usual: null, // the answer to the image as it came
    /**
     * @param {Uint8Array} image
     * @param {{isNew: boolean, has?: boolean}} kind Whether it is another subject, or what is left of this one.
     */
    begin(image, { isNew, has = true }) {
      this.base = this.image = image;
      this.edition++;
      if (isNew) [this.has, this.usual] = [has, null];
    },
    restore() {
      const came = this.inspected ? bytes(this.inspected.image) : BLANK;
      this.begin(came, { isNew: false });
    },
    /**
     * @param {number[]} pixels
     * @param {number} level
     * @returns {boolean} Whether anything is another by it.
     */
    change(pixels, level) {
      if (!this.has || pixels.every((pixel) => this.image[pixel] === level)) return false;
      this.image = this.image.slice();
      for (const pixel of pixels) this.image[pixel] = level;
      this.edition++;
      return true;
    },
    /**
     * @param {{label: number, probabilities: number[]}} answer
     * @param {number} edition
     */
    note(answer, edition) {
      [this.answer, this.answered] = [answer, edition];
      if (!this.isChanged()) this.usual = answer;
    },
    isChanged() {
      return !this.inspected || bytes(this.inspected.image).some((level, pixel) => level !== this.image[pixel]);
    },
    text() {
      return btoa(String.fromCharCode(...this.image));
    },
  };
}

/**
 * The image with the first so many pixels of a change.
 *
 * @param {any} found
 * @param {number} step
 */
function imageAt(found, step) {
  const image = found.start.slice();
  const whole = bytes(found.image);
  for (const pixel of found.pixels.slice(0, step)) image[pixel] = whole[pixel];
  return image;
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {string[]} names
 * @param {{onChange: (pixels: number[], level: number) => void, onRestore: () => void, onSearch: (target: number | null) => void,
 *   onStep: (step: number) => void}} listeners
 */
function createPage(store, drawing, names, { onChange, onRestore, onSearch, onStep }) {
  const tool = createToolSwitch();
  const grid = createGrid({ tool: tool.chosen, describedBy: "change-grid-keys", onChange });
  const bars = createBars(names);
  const headline = h("p", { class: "diagram-answer" });
  const note = h("p", { class: "note" });
  const restore = h("button", { type: "button", class: "button small", onclick: onRestore }, "Put all back");
  const target = h("select", {}, h("option", { value: "" }, "any other answer"), ...names.map((name, label) => h("option", { value: label }, name)));
  const start = h("button", { type: "button", class: "button primary", onclick: () => onSearch(target.value === "" ? null : Number(target.value)) },
    "Find a small change");
  const sentence = h("p", { class: "change-sentence" });
  const second = h("p", { class: "note" });
  const steps = createSteps(names, onStep);
  const tools = h("div", { class: "change-tools" },
    h("div", { class: "toolbar" }, tool.element, restore),
    h("p", { class: "note", id: "change-grid-keys" }, KEYS));
  const search = h("section", { class: "change-search" }, h("h2", {}, "What would change its mind?"),
    h("div", { class: "search-form" }, h("label", {}, "Into ", target), start), sentence, steps.element, second);
  const element = h("div", { class: "change-columns" },
    h("div", { class: "stack change-side" }, createPadCard(drawing, "change-pad-keys"), h("section", { class: "card", "aria-label": "Probabilities" }, bars.element)),
    h("section", { class: "card change-card", "aria-label": "The image, and what would change the answer" },
      h("div", { class: "diagram-head" }, h("div", {}, headline, note)),
      h("div", { class: "change-body" }, h("div", {}, grid.element, tools), search)));

  return {
    element,
    tools,
    /** @param {{now: ReturnType<typeof createSubject>, found: any, step: number, work: string, failure: string, state: string}} view */
    show({ now, found, step, work, failure, state }) {
      const origin = now.inspected ? bytes(now.inspected.image) : BLANK;
      const count = now.image.reduce((sum, level, pixel) => sum + Number(level !== now.base[pixel]), 0);
      const answer = found?.found ? { label: indexOfMost(found.steps[step]), probabilities: found.steps[step] } : now.answer;
      grid.show(now.image, now.base);
      const isOther = Boolean(answer && now.usual && now.image.some((level, pixel) => level !== origin[pixel]));
      headline.textContent = answer && now.has ? `${isGrowing(store, now) ? "So far it" : "It"} answers ${named(names, answer)}` : state || "…";
      const isBlank = now.has && !now.image.some(Boolean);
      note.textContent = [isBlank ? "No ink is left. The network knows nothing but its classes, and still names one." : "",
        isOther && now.usual ? `As it came: ${named(names, now.usual)}.` : "",
        count ? `${plural(count, "pixel")} changed: blue and + is added ink, orange and − is ink taken away.` : answer ? state || originOf(now.inspected, names) : ""]
        .filter(Boolean).join(" ");
      bars.show(answer && now.has ? answer.probabilities : [], { chosen: answer && now.has ? answer.label : null,
        before: isOther ? now.usual?.probabilities : undefined });
      restore.disabled = !now.has || !now.isChanged();
      start.disabled = !now.has || Boolean(work);
      sentence.textContent = failure || work || found?.sentences.change || "The search looks for as little ink as possible, added or taken away close to " +
        "the ink that is there, that makes the network answer something else.";
      sentence.classList.toggle("failure", Boolean(failure));
      second.textContent = found?.sentences.second ?? "";
      steps.show(found?.found ? found : null, step);
    },
  };
}

/** @param {number[]} values */
const indexOfMost = (values) => values.indexOf(Math.max(...values));

/**
 * @param {string[]} names
 * @param {{label: number, probabilities: number[]}} answer
 */
const named = (names, { label, probabilities }) => `${names[label]} (${percent(probabilities[label])})`;

/**
 * @param {import("../state.js").Store} store
 * @param {ReturnType<typeof createSubject>} now
 */
const isGrowing = (store, now) => Boolean(now.inspected?.drawn) && (store.get("isDrawing") || store.get("isReading"));

/**
 * @param {import("../state.js").Inspected | null} inspected
 * @param {string[]} names
 */
function originOf(inspected, names) {
  if (!inspected) return "";
  const truth = inspected.truth ?? null;
  if (inspected.refused) return "Draw does not take this for a digit. This network knows nothing but its classes, and names one.";
  return `${inspected.origin[0].toUpperCase()}${inspected.origin.slice(1)}${truth === null ? "" : `, a ${names[truth]}`}, as the network sees it.`;
}

/**
 * Why there is nothing to change yet; "" where there is.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
function wordsFor(store, drawing) {
  if (!store.get("online")) return "The server does not answer. What you drew stays, and is answered as soon as it is back.";
  if (store.get("inspected")) return "";
  const { kind, isSlow, error } = situationOfDrawing(store, drawing);
  if (kind === "empty") return "Nothing is drawn yet";
  if (kind === "waiting") return isSlow ? "Reading what you drew …" : "";
  return error ?? "There is no ink in this drawing to look at";
}

function createToolSwitch() {
  const words = { rub: "Rub out", ink: "Ink" };
  const inputs = Object.keys(words).map((tool) => h("input", { type: "radio", name: "change-tool", value: tool, checked: tool === "rub" }));
  return {
    element: h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, "What the pointer does to a pixel"),
      ...inputs.map((input) => h("label", {}, input, h("span", {}, words[/** @type {"rub" | "ink"} */ (input.value)])))),
    chosen: () => /** @type {import("./grid.js").Tool} */ (inputs.find(({ checked }) => checked)?.value ?? "rub"),
  };
}
