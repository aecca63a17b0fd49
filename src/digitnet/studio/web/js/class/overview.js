/** The panel Learn: the six lessons, how far each is, and what its sentence is once it is done. */

import { askFirst } from "../ask.js";
import { h } from "../dom.js";
import { sentenceOf } from "./checks.js";
import { LESSONS } from "./lessons.js";
import { doneIn, forgetAll } from "./progress.js";

/**
 * @param {HTMLElement} place
 * @param {(lesson: string) => void} onOpen
 */
export function createOverview(place, onOpen) {
  const list = h("ol", { class: "lessons" });
  const forget = h("button", { type: "button", class: "button small", onclick: async () => {
    if (await askFirst("Forget which steps are done, in all tabs of this browser?", "Forget them")) forgetAll();
  } }, "Begin the class anew");
  const foot = h("div", { class: "lessons-foot" },
    h("p", { class: "note" }, "What you have done stays in this browser, and is nowhere else. You may leave a lesson at any time, and go on later."), forget);
  place.replaceChildren(list, foot);

  return {
    show() {
      list.replaceChildren(...LESSONS.map((lesson, index) => card(lesson, index, () => onOpen(lesson.id))));
      forget.hidden = LESSONS.every(({ id }) => !doneIn(id).length);
    },
  };
}

/**
 * @param {import("./checks.js").Lesson} lesson
 * @param {number} index
 * @param {() => void} open
 */
function card(lesson, index, open) {
  const done = doneIn(lesson.id);
  const steps = lesson.steps.length + 1; // and the sentence
  const isDone = done.length >= steps;
  const words = isDone ? "done" : done.length ? `${done.length} of ${steps} steps done` : `${steps} steps, about 10 minutes`;
  const button = h("button", { type: "button", class: `button ${isDone ? "" : "primary"}`, onclick: open,
    "aria-label": `${isDone ? "Repeat" : done.length ? "Go on with" : "Begin"} lesson ${index + 1}, ${lesson.title}` }, isDone ? "Repeat" : done.length ? "Go on" : "Begin");
  return h("li", { class: `card lesson-card ${isDone ? "is-done" : ""}`, "data-lesson": lesson.id },
    h("p", { class: "lesson-number", "aria-hidden": "true" }, isDone ? "✓" : String(index + 1)),
    h("div", {}, h("h2", {}, lesson.title), h("p", { class: "note" }, lesson.question)),
    isDone ? h("p", { class: "lesson-sentence" }, sentenceOf(lesson)) : null,
    h("div", { class: "lesson-foot" }, button, h("span", { class: "note" }, words)));
}
