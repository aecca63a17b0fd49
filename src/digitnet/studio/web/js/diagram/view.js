/** The small network, drawn whole: a pad, the diagram that moves while one draws, and the arithmetic of one unit. */

import * as api from "../api.js";
import { announce } from "../announce.js";
import { h } from "../dom.js";
import { bytes, grouped, percent } from "../format.js";
import { tell } from "../happenings.js";
import { legend } from "../inside/attributions.js";
import { oncePerFrame } from "../latest.js";
import { createPad } from "../pad.js";
import { onSituation, situationOfDrawing } from "../situation.js";
import { createArithmetic } from "./arithmetic.js";
import { createChanges } from "./changes.js";
import { createEdges } from "./edges.js";
import { decodeLayers, run } from "./network.js";
import { createTrainingStep } from "./step.js";
import { createUnits, unitName } from "./units.js";

const LEARNED = 784 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10;
const BLANK = new Uint8Array(784);

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible
 */
export function createDiagramView(store, drawing, isVisible) {
  const place = h("div", { class: "diagram-place" }, h("p", { class: "card note" }, "Loading the small network …"));
  const element = h("div", { class: "diagram-columns" }, createPadCard(drawing, "diagram-keys"), place);
  /** @type {{render: () => void} | null} */
  let diagram = null;
  let isLoading = false;

  const load = async () => {
    if (isLoading || diagram) return;
    isLoading = true;
    try {
      diagram = createDiagram(store, drawing, isVisible, await api.diagram(), element);
      place.remove();
      diagram.render();
    } catch (error) {
      place.replaceChildren(h("p", { class: "card", role: "alert" }, /** @type {Error} */ (error).message));
    } finally {
      isLoading = false;
    }
  };
  store.on("online", (online) => online && isVisible() && load());
  return { element, show: () => (diagram ? diagram.render() : load()) };
}

/**
 * A small pad, with what takes strokes back beside it.
 *
 * @param {import("../drawing.js").Drawing} drawing
 * @param {string} keysId For the sentence about its keys.
 */
export function createPadCard(drawing, keysId) {
  const pad = createPad(drawing, { label: "Small drawing pad", describedBy: keysId, penWidth: () => 26 });
  return h("div", { class: "card diagram-pad" }, h("div", { class: "pad-frame" }, pad),
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "button small", onclick: () => drawing.undo() }, "Undo"),
      h("button", { type: "button", class: "button small", onclick: () => drawing.clear() }, "Clear")),
    h("p", { class: "unseen", id: keysId }, "Arrow keys move the pen, Space puts it down or lifts it."));
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {() => boolean} isVisible
 * @param {any} description Of the network, as the server sends it.
 * @param {HTMLElement} element Gets the diagram and the arithmetic.
 */
function createDiagram(store, drawing, isVisible, description, element) {
  const names = description.class_names;
  const shipped = decodeLayers(description.layers);
  const state = createChanges(shipped);
  /** @type {import("./edges.js").Which | null} */
  let chosen = null; // null: the answer, whichever it is
  /** @type {import("./edges.js").Which | null} */
  let passed = null; // under the mouse

  const look = (/** @type {import("./edges.js").Which | null} */ which) => {
    chosen = which;
    render();
  };
  const units = createUnits(shipped, names, { onLook: look, onPass: (which) => {
    passed = which;
    render();
  } });
  const edges = createEdges(units.measure, units.element);
  units.element.prepend(edges.canvas);
  const arithmetic = createArithmetic(names, {
    onWeight: (which, input, weight) => {
      state.setWeight(which, input, weight);
      units.showWeights(state.layers());
      render();
    },
    onSwitch: (which) => {
      state.toggle(which);
      render();
    },
    onEdge: (edge) => switchEdge(edge),
  });
  const switchEdge = (/** @type {import("./edges.js").Edge} */ edge) => {
    state.toggleEdge(edge);
    units.showWeights(state.layers());
    render();
  };
  followEdges(units.element, edges, names, switchEdge);
  const answer = createAnswerLine(store, drawing, names, () => {
    state.restore();
    units.showWeights(shipped);
    render();
  });
  const step = createTrainingStep(names, {
    question: () => {
      const inspected = store.get("inspected");
      return inspected && { image: inspected.image, layers: state.layers(), switchedOff: state.switchedOff(), chosen };
    },
    onStep: (layers, steps) => {
      state.learn(layers, steps);
      units.showWeights(layers);
      render();
    },
    onLabel: () => render(),
  });
  const { n, errors } = description.test;
  element.append(
    h("section", { class: "card diagram-card", "aria-label": "Diagram of the small network" }, answer.element, units.element,
      h("div", { class: "diagram-foot" }, legend("takes away from the next sum", "adds to it"),
        h("p", { class: "note" }, `Lines are weight times value; all 784 into a unit are one. Click a line between two units to switch it off. Wrong on ${grouped(errors)} of ` +
          `${grouped(n)} test digits (${(100 * errors / n).toFixed(1)} %).`))),
    arithmetic.element, step.element);
  units.showWeights(shipped);

  const paintNow = () => {
    if (!isVisible()) return;
    const inspected = store.get("inspected");
    const pixels = inspected ? bytes(inspected.image) : BLANK;
    const pass = run(state.layers(), pixels, state.isOff);
    const before = state.isChanged() ? run(shipped, pixels) : null;
    const looked = passed ?? chosen ?? { layer: 2, unit: pass.label };
    units.choose(chosen ?? { layer: 2, unit: pass.label });
    units.show(pass, { pixels, before, isOff: state.isOff });
    edges.show(state.layers(), pass, passed ?? chosen, state.isEdgeOff);
    arithmetic.show(looked, state.layers(), pass, { isOff: state.isOff(looked.layer, looked.unit), isEdgeOff: state.isEdgeOff });
    answer.show(inspected, pass, before, state.words());
    step.show(inspected ? pass : null);
    tell("diagram", {
      pixels, inspected, isSettled: !store.get("isReading") && !store.get("isDrawing"), layers: state.layers(), shipped, pass, chosen,
      switchedOff: state.switchedOff(), changedWeights: state.changedWeights(), learned: state.learned(), label: step.label(),
    });
  };
  const render = oncePerFrame(paintNow);
  store.on("inspected", render);
  onSituation(store, drawing, render);
  return { render };
}

/**
 * A line between two units is switched by a click; the arithmetic has a switch for each of its lines that keys reach.
 *
 * @param {HTMLElement} diagram
 * @param {ReturnType<typeof createEdges>} edges
 * @param {string[]} names
 * @param {(edge: import("./edges.js").Edge) => void} onSwitch
 */
function followEdges(diagram, edges, names, onSwitch) {
  const edgeAt = (/** @type {MouseEvent} */ event) => {
    if (/** @type {Element} */ (event.target).closest("button")) return null;
    const box = diagram.getBoundingClientRect();
    return edges.at({ x: event.clientX - box.left, y: event.clientY - box.top });
  };
  let shown = "";
  const point = (/** @type {import("./edges.js").Edge | null} */ edge) => {
    const words = edge ? `From ${unitName({ layer: edge.layer - 1, unit: edge.input }, names)} to ${unitName(edge, names)}: click to switch it` : "";
    if (words === shown) return;
    diagram.title = shown = words;
    diagram.style.cursor = edge ? "pointer" : "";
    edges.point(edge);
  };
  diagram.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(edgeAt(event)));
  diagram.addEventListener("pointerleave", () => point(null));
  diagram.addEventListener("click", (event) => {
    const edge = edgeAt(event);
    if (!edge) return;
    event.stopImmediatePropagation(); // else the unit that is looked at is let go of
    onSwitch(edge);
  }, { capture: true });
}

/**
 * The answer above the diagram, and what changes have made of it.
 *
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {string[]} names
 * @param {() => void} onRestore
 */
function createAnswerLine(store, drawing, names, onRestore) {
  const headline = h("p", { class: "diagram-answer" });
  const note = h("p", { class: "note" });
  const moved = h("span");
  const changes = h("p", { class: "switches", hidden: true }, moved,
    h("button", { type: "button", class: "button small", onclick: onRestore }, "Set all back"));
  return {
    element: h("div", { class: "diagram-head" }, h("div", {}, headline, note), changes),
    /**
     * @param {import("../state.js").Inspected | null} inspected
     * @param {import("./network.js").Pass} pass
     * @param {import("./network.js").Pass | null} before
     * @param {string} changed
     */
    show(inspected, pass, before, changed) {
      const of = (/** @type {import("./network.js").Pass} */ { label, probabilities }) => `${names[label]} (${percent(probabilities[label])})`;
      const isGrowing = Boolean(inspected?.drawn) && (store.get("isDrawing") || store.get("isReading"));
      headline.textContent = inspected ? `${isGrowing ? "So far it" : "It"} answers ${of(pass)}` : "Nothing to answer yet";
      note.textContent = wordsBelow(store, drawing, inspected, names[pass.label]);
      changes.hidden = !before;
      note.hidden = Boolean(before); // so that the diagram stays where it is, and the mouse over what it is over
      moved.textContent = before ? `${changed}: the answer was ${of(before)}, now it is ${of(pass)}.` : "";
      if (inspected && !isGrowing) announce(before ? moved.textContent : `The small network answers ${of(pass)}.`);
    },
  };
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../drawing.js").Drawing} drawing
 * @param {import("../state.js").Inspected | null} inspected
 * @param {string} answer
 */
function wordsBelow(store, drawing, inspected, answer) {
  if (!store.get("online")) return "The server does not answer. What you drew stays, and is read as soon as it is back.";
  const { kind, isSlow, error } = situationOfDrawing(store, drawing);
  if (!inspected) {
    if (kind === "empty") return "Draw a digit. Until then, this is what the network makes of blank paper.";
    if (kind === "waiting") return isSlow ? "Reading what you drew …" : "";
    return error ?? "There is no ink in this drawing to look at.";
  }
  if (inspected.refused) return "Draw does not take this for a digit. This network knows nothing but ten digits, and names one.";
  if (!inspected.drawn) return `${inspected.origin[0].toUpperCase()}${inspected.origin.slice(1)}.`;
  const { model, models } = store.get("about");
  const id = store.get("model");
  const read = store.get("reading")?.digits?.[inspected.drawn.index]?.label;
  const says = read != null && model.class_names[read] !== answer ? `, and it says ${model.class_names[read]}` : "";
  const size = id === "" ? ` with ${grouped(model.parameters)}` : `, “${models.find((/** @type {any} */ one) => one.id === id)?.name}”`;
  return `This network has ${grouped(LEARNED)} learned numbers. In Draw another one answers${size}${says}.`;
}
