/** Panel 2: drop, paste, choose or take a picture, and see how it was read. */

import * as api from "../api.js";
import { createAnswer } from "../answer.js";
import { createBoxes } from "../boxes.js";
import { byId, h, icon } from "../dom.js";
import { latestWins, signOfWork } from "../latest.js";
import { situationOf } from "../situation.js";
import { hasLiveCamera, openCamera } from "../picture/camera.js";

/** @param {import("../state.js").Store} store */
export function createPicturePanel(store) {
  /** @type {Blob | null} */
  let picture = null;
  const chooser = fileInput("Choose a picture", {});
  const camera = fileInput("Take a photo", { capture: "environment" });
  const live = h("button", { type: "button", class: "button", onclick: () => openCamera(take) }, "Take a photo");
  const drop = h("div", { class: "drop" }, icon("picture"),
    h("p", {}, "Drop a picture here, or paste one with Ctrl+V."),
    h("div", { class: "buttons" }, chooser.element, camera.element, live));
  camera.element.hidden = hasLiveCamera();
  live.hidden = !hasLiveCamera();
  const image = h("img", { alt: "The picture that was read" });
  const boxes = createBoxes();
  const frame = h("figure", { class: "picture-frame", hidden: true }, image, boxes.element);
  const notes = h("p", { class: "note" });
  const steps = h("section", { class: "card", hidden: true });
  /** @type {any} */
  let reading = null;
  const names = store.get("about").model.class_names;
  let isReading = false;
  let isSlow = false;
  const answer = createAnswer(store, {
    origin: "your picture",
    place: "picture",
    empty: "No picture is chosen yet. What is written in it appears here.",
    onChoose: (index) => reading?.digits && boxes.show(reading, names, index),
  });
  byId("picture-body").append(h("div", { class: "stack" },
    h("div", { class: "two-columns" },
      h("div", { class: "card" }, drop, frame, notes),
      h("div", { class: "card answer-card" }, h("h2", { class: "unseen" }, "Answer"), answer.element)),
    steps));

  const show = () => answer.show(situationOf({ isEmpty: !picture && !reading, reading, online: store.get("online"), isReading, isSlow }));
  const showWork = signOfWork((slow) => {
    isSlow = slow;
    show();
  });
  const ask = latestWins(async () => {
    if (!picture) return;
    const [asked, model] = [picture, store.get("model")];
    const isLate = () => picture !== asked || store.get("model") !== model;
    drop.classList.add("has-picture");
    try {
      const started = performance.now();
      const found = await api.read(asked, { steps: true, model });
      if (isLate()) return;
      reading = { ...found, waited: performance.now() - started };
      showPicture(image, frame, reading, asked);
      boxes.show(reading, names, 0);
      show();
      notes.textContent = reading.notes.join("; ");
      showSteps(steps, reading);
    } catch (error) {
      if (!isLate()) refuse(/** @type {Error} */ (error).message);
    }
  }, (busy) => {
    drop.classList.toggle("busy", busy);
    drop.setAttribute("aria-busy", String(busy));
    isReading = busy;
    showWork(busy);
    show();
  });
  const refuse = (/** @type {string} */ error) => {
    frame.hidden = steps.hidden = true;
    notes.textContent = "";
    reading = { error };
    show();
  };
  const take = (/** @type {Blob | null | undefined} */ file) => {
    const limit = store.get("about").limits?.picture_bytes ?? Infinity;
    if (!file) return;
    picture = file.size > limit ? null : file;
    reading = null; // an answer to another picture is none to this one
    if (!picture) return refuse(`This file is larger than ${Math.round(limit / 1e6)} MB.`);
    show();
    ask();
  };
  for (const { input } of [chooser, camera]) {
    input.addEventListener("change", () => {
      take(input.files[0]);
      input.value = ""; // so that the same file may be chosen again
    });
  }
  acceptDrops(byId("panel-picture"), drop, take);
  document.addEventListener("paste", (event) => {
    if (!byId("panel-picture").hidden) take([...(event.clipboardData?.files ?? [])][0]);
  });
  store.on("model", ask);
  store.on("online", (online) => {
    show();
    if (online) ask();
  });
  show();
  return {};
}

/**
 * A button that opens the system's own chooser.
 *
 * @param {string} text
 * @param {Record<string, string>} attributes
 */
function fileInput(text, attributes) {
  const input = h("input", { type: "file", accept: "image/*,.heic,.pdf", class: "unseen", ...attributes });
  return { input, element: h("label", { class: "button file" }, input, text) };
}

/**
 * @param {HTMLElement} area
 * @param {HTMLElement} drop Shows that a picture may be let go.
 * @param {(file: File | undefined) => void} take
 */
function acceptDrops(area, drop, take) {
  const mark = (/** @type {boolean} */ over) => drop.classList.toggle("over", over);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  area.addEventListener("dragleave", () => mark(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    take(event.dataTransfer?.files[0]);
  });
}

/**
 * @param {HTMLImageElement} image
 * @param {HTMLElement} frame
 * @param {any} reading
 * @param {Blob} picture
 */
function showPicture(image, frame, reading, picture) {
  // The first step is the picture as the server decoded it: also of files that a browser cannot show.
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = reading.steps[0]?.png ?? URL.createObjectURL(picture);
  frame.style.aspectRatio = `${reading.width} / ${reading.height}`;
  frame.hidden = false;
}

/**
 * @param {HTMLElement} section
 * @param {any} reading
 */
function showSteps(section, reading) {
  section.hidden = !reading.steps.length;
  section.replaceChildren(
    h("h2", {}, "From the picture to its ink"),
    h("ol", { class: "steps" }, ...reading.steps.map((/** @type {any} */ step, /** @type {number} */ index) =>
      h("li", {}, h("figure", {}, h("img", { src: step.png, alt: `Step ${index + 1}: ${step.name}` }),
        h("figcaption", {}, `${index + 1}. ${step.name}`))))),
    h("p", { class: "note" }, "The ink is then cut into digits, and each is scaled to 20 pixels and centred in 28 × 28: " +
      "the small pictures beside the answer are all that the network sees."),
  );
}
