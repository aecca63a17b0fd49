/** The last step of a lesson: its one sentence, with gaps to be filled. */

import { h } from "../dom.js";

/**
 * @param {import("./checks.js").Lesson} lesson
 * @param {{onDone: () => void, isDone: () => boolean, undone: () => string[]}} options The titles of steps that are not done.
 */
export function createSaying(lesson, { onDone, isDone, undone }) {
  /** @type {{select: HTMLSelectElement, right: string}[]} */
  const gaps = [];
  const parts = lesson.saying.map((part) => {
    if (typeof part === "string") return part;
    const select = h("select", { "aria-label": `Gap ${gaps.length + 1}` }, h("option", { value: "" }, "…"),
      ...[...part].sort().map((words) => h("option", {}, words)));
    gaps.push({ select, right: part[0] });
    return select;
  });
  const status = h("p", { class: "dock-status", role: "status" });
  const form = h("form", { class: "dock-form", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    answer();
  } }, h("p", { class: "saying" }, ...parts), h("button", { class: "button" }, "Check"));
  const more = h("p", { class: "note", hidden: true }, `The tutorial, docs/tutorial.md, goes on from here in “${lesson.tutorial}”, with formulas, code and exercises.`);
  const element = h("div", { class: "dock-step" }, h("h2", {}, "Say it"), h("p", {}, "What you have done fits into one sentence. Fill its gaps, then say it to somebody, in your own words."), form, status, more);

  const say = (/** @type {string} */ words, /** @type {string} */ kind) => {
    status.textContent = words;
    status.className = `dock-status ${kind}`;
  };
  const answer = () => {
    const titles = undone();
    if (titles.length) return say(`Not yet: still to be done in this lesson: ${titles.join(", ")}.`, "refused");
    const wrong = gaps.findIndex(({ select, right }) => select.value !== right);
    if (wrong >= 0) {
      gaps[wrong].select.focus();
      return say(`Not yet: ${gaps[wrong].select.value ? "what stands in" : "nothing stands in"} gap ${wrong + 1}${gaps[wrong].select.value ? " is not what you have seen" : ""}.`, "refused");
    }
    onDone();
    say("Right. This lesson is done.", "done");
    more.hidden = false;
  };
  return {
    element,
    look() {
      if (!isDone() || !more.hidden) return;
      for (const { select, right } of gaps) select.value = right;
      say("This lesson is done.", "done");
      more.hidden = false;
    },
    refuse: answer,
  };
}
