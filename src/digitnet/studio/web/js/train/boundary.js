/** Where a network that trains draws the line between two digits, and how the line moves. */

import * as api from "../api.js";
import { announce } from "../announce.js";
import { h } from "../dom.js";
import { bytes, percent } from "../format.js";
import { paintInk, SIDE, smallCanvas } from "../heatmap.js";
import { latestWins, signOfWork } from "../latest.js";
import { blendAt } from "./blends.js";
import { createPlot } from "./boundary_plot.js";
import { createReplay } from "./replay.js";

/** @typedef {import("./blends.js").Moment} Moment */
/** @typedef {import("./log.js").RunLog} RunLog */

const FIRST_PAIR = [4, 9]; // the two that are confused most
const STRIP = [0, 4, 8, 12, 16, 20, 24]; // columns whose images stand below the sheet
const EARLIER_LINES = 6;
const ALL = 65535; // what the server sends for a share of 1
const PIXELS = SIDE * SIDE;

/** @param {string[]} names Of the classes. */
export function createBoundary(names) {
  let classes = [...FIRST_PAIR];
  let examples = 0;
  let run = "";
  let known = ""; // how far the run was when it was last asked
  /** @type {RunLog | null} */
  let log = null;
  /** @type {Moment[]} */
  let moments = [];
  let images = new Uint8Array();
  let side = 0;
  let pairs = 0; // real digits at each edge
  let [row, column] = [0, 0];

  const choice = (/** @type {number} */ which, /** @type {string} */ label) => {
    const select = h("select", { "aria-label": label, onchange: () => choose(which, Number(select.value)) },
      ...names.map((name, index) => h("option", { value: index, selected: index === classes[which] }, name)));
    return select;
  };
  const choices = [choice(0, "One digit"), choice(1, "The other digit")];
  const about = h("p", { class: "note", id: "about-boundary" });
  const words = h("p", { class: "boundary-words", role: "status" });
  const edges = [0, 1].map(() => h("ul", { class: "boundary-edge" }));
  const point = smallCanvas("The blend at this point");
  const pointWords = h("p", { class: "note" });
  const bars = h("div");
  const strip = h("ol", { class: "boundary-strip" });
  const replay = createReplay(() => paintMoment(), { id: "boundary-replay", words: (chosen) => wordsAt(moments[chosen - 1]?.at ?? 0) });
  const plot = createPlot({ names, describedBy: "about-boundary", onMove: (toRow, toColumn, byKey) => {
    [row, column] = [toRow, toColumn];
    showPoint();
    if (byKey) announce(`${pointWords.textContent} ${answerAt()}`);
  } });
  const body = h("div", { class: "boundary-body" },
    h("div", { class: "boundary-sheet" }, edges[0], plot.element, edges[1], strip),
    h("div", { class: "boundary-point" }, h("h3", {}, "Blend at the ring"), point, pointWords, bars));
  const element = h("section", { class: "card boundary", hidden: true }, h("h2", {}, "Where it draws the line between two digits"),
    h("form", { class: "boundary-form", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      h("span", {}, "Between"), choices[0], h("span", {}, "and"), choices[1],
      h("button", { type: "button", class: "button", onclick: () => {
        examples += 1;
        askAnew();
      } }, "Other examples")),
    about, body, replay.element, words,
    h("p", { class: "note" }, "This is one sheet, cut out of a space with 784 directions, one for each pixel. Between other digits the line runs elsewhere; and most blends are nothing that a person would write, so what the network says there is a guess."));

  const choose = (/** @type {number} */ which, /** @type {number} */ label) => {
    if (classes[1 - which] === label) classes[1 - which] = classes[which]; // the two change places
    classes[which] = label;
    choices.forEach((select, index) => { select.value = String(classes[index]); });
    askAnew();
  };
  const askAnew = () => {
    moments = [];
    ask();
  };
  const ask = latestWins(async () => {
    const question = { id: run, a: classes[0], b: classes[1], examples, after: moments.at(-1)?.at ?? -1 };
    try {
      const found = await api.trainingBoundary(question);
      if (question.id !== run || question.a !== classes[0] || question.b !== classes[1] || question.examples !== examples) return;
      take(found);
    } catch (error) {
      if (question.id !== run) return;
      known = "";
      words.textContent = /** @type {Error} */ (error).message;
    }
  }, signOfWork((isSlow) => element.classList.toggle("slow", isSlow)));

  const take = (/** @type {any} */ found) => {
    const before = new Map(moments.map((moment) => [moment.at, moment]));
    const isOther = !moments.length;
    moments = found.frames.map((/** @type {any} */ frame) => (frame.shares ? momentOf(frame) : before.get(frame.at))).filter(Boolean);
    body.hidden = !moments.length;
    if (!moments.length) {
      replay.show(0, true);
      words.textContent = "This run has kept no weights yet.";
      return;
    }
    [images, side] = [bytes(found.images), found.side];
    pairs = images.length / PIXELS / 2;
    const [one, other] = classes.map((label) => names[label]);
    about.textContent = `At the left edge stand four ${one}s, at the right edge four ${other}s; the network has learned from none of them. ` +
      `Each point between is a blend of the digits around it. Blue: the network answers ${one}. Orange: it answers ${other}. Grey: another digit, which is written there. ` +
      `On the thick line ${one} and ${other} are equally probable; thin lines show where it ran before.`;
    replay.show(moments.length, isOther);
    paintMoment();
  };

  const chosen = () => moments[replay.show(moments.length, false) - 1];
  const paintMoment = () => {
    const moment = chosen();
    if (!moment) return;
    const before = moments.slice(0, moments.indexOf(moment));
    const every = Math.max(1, Math.ceil(before.length / EARLIER_LINES));
    plot.show(moment, { side, classes, before: before.filter((_, index) => (before.length - 1 - index) % every === 0) });
    edges.forEach((edge, which) => edge.replaceChildren(...edgeOf(moment, which)));
    words.textContent = inWords(moment);
  };

  /** Where on the sheet a real digit lies. */
  const placeOfDigit = (/** @type {number} */ which, /** @type {number} */ index) => (index * (side - 1) / (pairs - 1)) * side + which * (side - 1);

  /** The real images at one edge, each framed in the colour of its answer. */
  const edgeOf = (/** @type {Moment} */ { winners }, /** @type {number} */ which) => {
    return Array.from({ length: pairs }, (_, index) => {
      const place = placeOfDigit(which, index);
      const canvas = smallCanvas(`A ${names[classes[which]]}, taken for ${names[winners[place]]}`);
      paintInk(canvas, images.subarray((which * pairs + index) * PIXELS, (which * pairs + index + 1) * PIXELS));
      const kind = ["first", "second"][classes.indexOf(winners[place])] ?? "neither";
      return h("li", { class: kind }, canvas, winners[place] === classes[which] ? null : h("span", { "aria-hidden": "true" }, names[winners[place]]));
    });
  };

  const shareAt = (/** @type {number} */ which) => chosen().shares[which][row * side + column] / ALL;
  const answerAt = () => `It answers ${names[chosen().winners[row * side + column]]}.`;
  const showPoint = () => {
    if (!chosen()) return;
    paintInk(point, blendAt(images, pairs, side, row, column));
    const part = Math.round((100 * column) / (side - 1));
    pointWords.textContent = `${100 - part} % ${names[classes[0]]}, ${part} % ${names[classes[1]]} in the blend.`;
    const shares = [shareAt(0), shareAt(1)];
    bars.replaceChildren(sharesOf(classes.map((label) => names[label]), shares), h("p", {}, answerAt()));
    const now = `${run} ${classes} ${examples} ${row}`;
    if (strip.dataset.of === now) return;
    strip.dataset.of = now;
    strip.replaceChildren(...STRIP.map((at) => {
      const canvas = smallCanvas(`Blend with ${Math.round((100 * at) / (side - 1))} % ${names[classes[1]]}`);
      paintInk(canvas, blendAt(images, pairs, side, row, at));
      return h("li", {}, canvas);
    }));
  };

  const inWords = (/** @type {Moment} */ { at, winners }) => {
    const [one, other] = classes.map((label) => names[label]);
    const count = (/** @type {(label: number) => boolean} */ counts) => Math.round((100 * winners.filter(counts).length) / winners.length);
    const parts = [count((label) => label === classes[0]), count((label) => label === classes[1])];
    const rest = 100 - parts[0] - parts[1];
    const edge = [0, 1].flatMap((which) => Array.from({ length: pairs }, (_, index) =>
      winners[placeOfDigit(which, index)] === classes[which]));
    const right = edge.filter(Boolean).length;
    return `${wordsAt(at)} the network answers ${one} on ${parts[0]} % of the sheet, ${other} on ${parts[1]} %${rest > 0 ? `, and another digit on ${rest} %` : ""}. ` +
      `Of the ${edge.length} real digits at the edges it names ${right} right.`;
  };

  return {
    element,
    stop: replay.stop,
    /** @param {RunLog | null} shown The run that is looked at. */
    show(shown) {
      log = shown;
      element.hidden = !log || !(log.epochs.length || log.step?.fraction);
      if (!log || element.hidden) return;
      const now = `${log.run.id} ${log.epochs.length} ${log.epochs.length ? "" : log.step?.fraction} ${log.status}`;
      if (now === known) return;
      // When a run has ended its network is there, calibrated: all moments are asked for again.
      const isAnew = log.run.id !== run || !log.running;
      known = now;
      run = log.run.id;
      if (isAnew) askAnew();
      else ask();
    },
  };
}

/** @param {{at: number, shares: string, winners: string}} frame */
function momentOf({ at, shares, winners }) {
  const both = new Uint16Array(bytes(shares).buffer);
  return { at, shares: [both.subarray(0, both.length / 2), both.subarray(both.length / 2)], winners: bytes(winners) };
}

/** @param {number} at How many epochs had passed. */
function wordsAt(at) {
  if (!at) return "Before the first step";
  if (at < 1) return `After ${Math.round(100 * at)} % of epoch 1`;
  return `After ${at} ${at === 1 ? "epoch" : "epochs"}`;
}

/**
 * @param {string[]} names
 * @param {number[]} shares
 */
function sharesOf(names, shares) {
  const rows = [...names.map((name, which) => [name, shares[which], which ? "against" : "for"]), ["others", Math.max(0, 1 - shares[0] - shares[1]), ""]];
  return h("ul", { class: "bars" }, ...rows.map(([name, share, kind]) => {
    const fill = h("span", { class: `bar-fill ${kind}` });
    fill.style.transform = `scaleX(${share})`;
    return h("li", {}, h("span", { class: "bar-name" }, name), h("span", { class: "bar-track" }, fill), h("span", { class: "bar-value" }, percent(share)));
  }));
}
