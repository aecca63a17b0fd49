/** The map: 5,000 test digits and the drawing on the plane of the last hidden layer. */

import * as api from "../api.js";
import { announce, notifyError } from "../announce.js";
import { createPadCard } from "../diagram/view.js";
import { h } from "../dom.js";
import { bytes, grouped, percent, plural } from "../format.js";
import { paintInk, smallCanvas } from "../heatmap.js";
import { latestWins, signOfWork } from "../latest.js";
import { decodeMap, isMistake, placeOf } from "./data.js";
import { createPlot, wordsFor } from "./plot.js";

const TILES = 60;
const KEYS = "Drag to move, pinch or use the buttons to go nearer. Keys: arrows go from digit to digit, Enter opens one, plus and minus zoom, " +
  "Shift with arrows moves, 0 shows the whole map.";
/** @type {Record<string, string>} */
const PLANES = { umap: "Neighbours (UMAP)", pca: "Projection (PCA)" };

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible
 */
export function createMapView(store, drawing, isVisible) {
  const place = h("div", {}, h("p", { class: "card note" }, "Loading the map …"));
  const element = h("div", { class: "map-place" }, place);
  /** @type {{follow: () => void} | null} */
  let map = null;
  let isLoading = false;

  const show = async () => {
    if (map) return map.follow();
    if (isLoading) return;
    isLoading = true;
    try {
      map = createMap(store, drawing, isVisible, decodeMap(await api.map()), place);
      map.follow();
    } catch (error) {
      place.replaceChildren(h("p", { class: "card", role: "alert" }, /** @type {Error} */ (error).message));
    } finally {
      isLoading = false;
    }
  };
  store.on("online", (online) => online && isVisible() && show());
  return { element, show };
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible
 * @param {import("./data.js").Digits} digits
 * @param {HTMLElement} place
 */
function createMap(store, drawing, isVisible, digits, place) {
  const names = Array.from({ length: 10 }, (_, label) => String(label)); // it is the map of the network in the package
  const tool = createSwitch("map-tool", "What dragging does", { move: "Move", lasso: "Lasso" }, () => plot.clearLasso());
  const chosen = createChosen(store, names, () => plot.clearLasso());
  const plot = createPlot(digits, names, {
    isLasso: () => tool.value() === "lasso", describedBy: "map-keys",
    onOpen: (index) => chosen.open(digits, index),
    onLasso: (indices) => chosen.list(digits, indices, "In the lasso"),
  });
  const about = h("p", { class: "note map-about" });
  const plane = createSwitch("map-plane", "Which plane", PLANES, (name) => {
    plot.setPlane(name);
    tell(name);
    showMine();
  });
  const tell = (/** @type {string} */ name) => {
    about.textContent = name === "umap"
      ? "UMAP bends the plane so that digits which look alike to the last hidden layer stay side by side. How far apart two groups are says little."
      : `The two straight directions in which the activations of the last hidden layer differ most. They hold ${percent(digits.shares[0] + digits.shares[1])} ` +
        "of all differences; what differs in the others falls together here.";
  };
  const mineNote = h("p", { class: "note", role: "status" });
  const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: "button small", "aria-label": label, onclick }, text);
  const mistakes = Array.from({ length: digits.n }, (_, index) => index).filter((index) => isMistake(digits, index));
  place.replaceChildren(h("div", { class: "map-columns" },
    h("section", { class: "card map-card", "aria-label": "Map" },
      h("div", { class: "map-tools" }, plane.element, tool.element,
        h("div", { class: "buttons" }, button("+", "Nearer", () => plot.zoomBy(1.6)), button("\u2212", "Farther", () => plot.zoomBy(1 / 1.6)),
          button("Whole map", "Whole map", plot.whole))),
      plot.element, createLegend(digits, names, plot.setShown), h("p", { class: "note", id: "map-keys" }, KEYS)),
    h("div", { class: "stack map-side" }, createPadCard(drawing, "map-pad-keys"), mineNote, chosen.element,
      h("section", { class: "card" }, h("h2", {}, "What this is"),
        h("p", {}, `Every numeral is one of ${grouped(digits.n)} test digits, every second of the test set. They stand where the last hidden layer ` +
          `of the built-in network puts them: side by side means alike to it. In a box: the ${digits.errors} that it gets wrong. The map is always of the built-in network, ` +
          "also where another one answers."),
        about,
        h("div", { class: "buttons" }, button(`List the ${digits.errors} mistakes`, `List the ${digits.errors} mistakes`, () => chosen.list(digits, mistakes, "The mistakes")),
          button("List what is in sight", "List what is in sight", () => chosen.list(digits, plot.inSight(), "In sight")))))));
  tell("umap");

  /** @type {any} */
  let mine = null;
  const indexOf = new Map(Array.from(digits.numbers, (number, index) => [number, index]));
  const showMine = () => {
    if (!mine) return plot.setMine(null);
    const [x, y] = mine.places[plane.value()];
    plot.setMine({ name: names[mine.label], place: [placeOf(x, 0), placeOf(y, 1)],
      neighbours: mine.neighbours.map((/** @type {number} */ number) => /** @type {number} */ (indexOf.get(number))) });
  };
  const showWork = signOfWork((isSlow) => { if (isSlow) mineNote.textContent = "Looking for its neighbours …"; });
  const follow = latestWins(async () => {
    if (!isVisible()) return;
    const inspected = store.get("inspected");
    if (!inspected) {
      mine = null;
      mineNote.textContent = store.get("online") ? "Draw a digit, and it appears among those that look alike to the network."
        : "The server does not answer. What you drew is placed as soon as it is back.";
      return showMine();
    }
    try {
      const found = await api.mapPlace(inspected.image);
      if (inspected !== store.get("inspected")) return void follow();
      mine = found;
      const labels = found.neighbours.map((/** @type {number} */ number) => names[digits.labels[indexOf.get(number) ?? 0]]);
      mineNote.textContent = `${inspected.origin[0].toUpperCase()}${inspected.origin.slice(1)} is the filled circle: the mean of the ` +
        `${labels.length} test digits that look most alike to this layer (${countWords(labels)}).`;
      announce(mineNote.textContent);
    } catch (error) {
      mineNote.textContent = /** @type {Error} */ (error).message;
    }
    showMine();
  }, showWork);
  store.on("inspected", follow);
  store.on("online", follow);
  return { follow };
}

/**
 * Such as "7: 6, 1: 2".
 *
 * @param {string[]} labels
 */
function countWords(labels) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]).map(([label, count]) => `${count} of class ${label}`).join(", ");
}

/**
 * @param {import("./data.js").Digits} digits
 * @param {string[]} names
 * @param {(label: number, isShown: boolean) => void} onShow
 */
function createLegend(digits, names, onShow) {
  return h("fieldset", { class: "map-legend" }, h("legend", { class: "unseen" }, "Classes that are shown"), ...names.map((name, label) => {
    const input = h("input", { type: "checkbox", checked: true, onchange: () => onShow(label, input.checked) });
    return h("label", { class: `class-${label}` }, input, h("strong", {}, name));
  }));
}

/**
 * @param {string} name
 * @param {string} legend
 * @param {Record<string, string>} words
 * @param {(value: string) => void} onChange
 */
function createSwitch(name, legend, words, onChange) {
  const inputs = Object.keys(words).map((value, place) =>
    h("input", { type: "radio", name, value, checked: place === 0, onchange: () => onChange(value) }));
  return {
    element: h("fieldset", { class: "switch" }, h("legend", { class: "unseen" }, legend),
      ...inputs.map((input) => h("label", {}, input, h("span", {}, words[input.value])))),
    value: () => inputs.find(({ checked }) => checked)?.value ?? "",
  };
}

/**
 * The digit that was opened, or those that were chosen together.
 *
 * @param {import("../state.js").Store} store
 * @param {string[]} names
 * @param {() => void} onClose
 */
function createChosen(store, names, onClose) {
  const element = h("section", { class: "card map-chosen", hidden: true, "aria-live": "polite" });
  const close = h("button", { type: "button", class: "button small", onclick: () => { element.hidden = true; onClose(); } }, "Close");
  const inspect = (/** @type {any} */ digit, /** @type {string} */ view) => {
    store.set({ inspected: { image: digit.image, origin: `test image ${digit.index}`, truth: digit.label } });
    location.hash = `#inside?view=${view}`;
  };
  let asked = 0;
  const load = async (/** @type {number[]} */ numbers) => {
    const mine = ++asked;
    try {
      const found = await api.mapDigits(numbers);
      return mine === asked ? found.digits : null;
    } catch (error) {
      notifyError(error);
      return null;
    }
  };
  const open = async (/** @type {import("./data.js").Digits} */ digits, /** @type {number} */ index) => {
    const found = await load([digits.numbers[index]]);
    if (!found) return;
    const [digit] = found;
    const canvas = smallCanvas(`Test image ${digit.index}`);
    paintInk(canvas, bytes(digit.image));
    element.hidden = false;
    element.replaceChildren(h("div", { class: "map-opened" }, canvas, h("div", {}, h("h2", {}, wordsFor(digits, names, index)),
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "button small", onclick: () => inspect(digit, "large") }, "Look inside"),
        h("button", { type: "button", class: "button small", onclick: () => inspect(digit, "change") }, "Change its mind"), close))));
  };
  const list = async (/** @type {import("./data.js").Digits} */ digits, /** @type {number[]} */ indices, /** @type {string} */ title) => {
    element.hidden = false;
    const wrong = indices.filter((index) => isMistake(digits, index)).length;
    const counts = names.map((name, label) => [name, indices.filter((index) => digits.labels[index] === label).length])
      .filter(([, count]) => count).map(([name, count]) => `${name}: ${count}`).join(", ");
    const words = indices.length ? `${plural(indices.length, "digit")}, ${wrong} read wrong. ${counts}.` : "No digit.";
    const tiles = h("ul", { class: "tiles small-tiles" });
    element.replaceChildren(h("h2", {}, title), h("p", { class: "note" }, words), tiles, h("div", { class: "buttons" }, close));
    if (!indices.length) return;
    const some = [...indices].sort((one, other) => Number(isMistake(digits, other)) - Number(isMistake(digits, one))).slice(0, TILES);
    const found = await load(some.map((index) => digits.numbers[index]));
    if (!found) return;
    tiles.replaceChildren(...found.map((/** @type {any} */ digit, /** @type {number} */ at) => {
      const canvas = smallCanvas("");
      paintInk(canvas, bytes(digit.image));
      return h("li", {}, h("button", { type: "button", class: "tile", "aria-label": `${wordsFor(digits, names, some[at])}: open it`,
        onclick: () => open(digits, some[at]) }, canvas));
    }));
    if (some.length < indices.length) tiles.after(h("p", { class: "note" }, `${some.length} of them.`));
  };
  return { element, open, list };
}
