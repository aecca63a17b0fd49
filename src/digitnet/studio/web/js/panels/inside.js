/** Panel 3, the glass box: a small network that is drawn whole, and one click away the network that answers, what would
 * change its mind, and the map of its last hidden layer. */

import { noteInAddress, readAddress } from "../address.js";
import { byId, h } from "../dom.js";
import { createDiagramView } from "../diagram/view.js";
import { createExplainedView } from "../inside/explained.js";
import { inspectDrawing } from "../inspected.js";

const FACTORIES = {
  small: createDiagramView,
  large: createExplainedView,
  change: loadedWhenOpened(() => import("../change/view.js").then((module) => module.createChangeView)),
  map: loadedWhenOpened(() => import("../map/view.js").then((module) => module.createMapView)),
};
/** @typedef {keyof typeof FACTORIES} View */

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 */
export function createInsidePanel(store, drawing) {
  /** @type {View} */
  let chosen = "small";
  /** @type {Partial<Record<View, {element: HTMLElement, show: () => void}>>} Built when first shown. */
  const views = {};
  const isOpen = () => !byId("panel-inside").hidden;

  const choose = (/** @type {View} */ view) => {
    chosen = view;
    noteInAddress({ view: view === "small" ? null : view }, "inside");
    choice.show(view);
    if (!views[view]) {
      views[view] = FACTORIES[view](store, drawing, () => isOpen() && chosen === view);
      byId("inside-body").append(views[view].element);
    }
    for (const [name, { element }] of Object.entries(views)) element.hidden = name !== view;
    const inspected = store.get("inspected");
    if (!inspected || inspected.drawn) inspectDrawing(store); // it may have been drawn further elsewhere
    views[view].show();
  };
  const choice = createChoice(choose);
  byId("inside-body").append(choice.element);
  store.on("reading", () => isOpen() && inspectDrawing(store));

  return {
    show() {
      const named = readAddress().settings.get("view");
      choose(named && Object.hasOwn(FACTORIES, named) ? /** @type {View} */ (named) : chosen);
    },
  };
}

/**
 * @typedef {(store: import("../state.js").Store, drawing: import("../drawing.js").Drawing, isVisible: () => boolean) =>
 *   {element: HTMLElement, show: () => void}} Factory
 */

/**
 * A view whose code comes when it is first shown.
 *
 * @param {() => Promise<Factory>} load
 * @returns {Factory}
 */
function loadedWhenOpened(load) {
  return (store, drawing, isVisible) => {
    const element = h("div", {}, h("p", { class: "card note" }, "Loading …"));
    /** @type {{element: HTMLElement, show: () => void} | null} */
    let view = null;
    let isLoading = false;
    const show = async () => {
      if (view) return view.show();
      if (isLoading) return;
      isLoading = true;
      try {
        view = (await load())(store, drawing, isVisible);
        element.replaceChildren(view.element);
        view.show();
      } catch {
        element.replaceChildren(h("p", { class: "card", role: "alert" }, "This part of the page did not come: the server does not answer. Choose it again."));
      } finally {
        isLoading = false;
      }
    };
    store.on("online", (online) => online && isVisible() && !view && show());
    return { element, show };
  };
}

/**
 * What is looked into.
 *
 * @param {(view: View) => void} onChoose
 */
function createChoice(onChoose) {
  const words = { small: "Small network", large: "The one that answers", change: "Change its mind", map: "Map" };
  const inputs = Object.keys(words).map((view) => h("input", { type: "radio", name: "inside-view", value: view,
    onchange: () => onChoose(/** @type {View} */ (view)) }));
  const element = h("fieldset", { class: "switch view-choice" }, h("legend", { class: "unseen" }, "Look into"),
    ...inputs.map((input) => h("label", {}, input, h("span", {}, words[/** @type {View} */ (input.value)]))));
  return {
    element,
    /** @param {View} view */
    show(view) {
      for (const input of inputs) input.checked = input.value === view;
    },
  };
}
