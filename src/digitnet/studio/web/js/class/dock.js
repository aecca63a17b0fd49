/** The lesson under way, beside every panel: what to do now, whether it is done, and where to do it. */

import { announce } from "../announce.js";
import { readAddress } from "../address.js";
import { h, icon } from "../dom.js";
import { LESSONS, SAY_IT } from "./lessons.js";
import { doneIn, noteDone } from "./progress.js";
import { createSaying } from "./saying.js";
import { createStepView } from "./step_view.js";

/** @typedef {import("./checks.js").Lesson} Lesson */

/**
 * @param {import("./checks.js").Witness} witness
 * @param {(lesson: string, step: string) => void} onOpen A step is opened; "" and "" when the lesson is left.
 */
export function createDock(witness, onOpen) {
  /** @type {Lesson | null} */
  let lesson = null;
  let at = 0;
  /** @type {{element: HTMLElement, look: () => void, refuse: () => void} | null} */
  let view = null;

  const name = h("p", { class: "dock-name" });
  const fold = h("button", { type: "button", class: "button small dock-fold", "aria-expanded": "true", onclick: () => setFolded(!dock.classList.contains("folded")) });
  const leave = h("button", { type: "button", class: "icon-button", "aria-label": "Leave the lesson", onclick: () => close() }, icon("clear"));
  const dots = h("ol", { class: "dock-steps", "aria-label": "Steps of the lesson" });
  const body = h("div", { class: "dock-body", tabindex: -1 });
  const back = h("button", { type: "button", class: "button", onclick: () => show(at - 1) }, "Back");
  const next = h("button", { type: "button", class: "button", onclick: () => goOn() }, "Go on");
  const buttons = h("div", { class: "buttons dock-buttons" }, back, next);
  const dock = h("aside", { class: "class-dock", "aria-label": "Lesson", hidden: true },
    h("div", { class: "dock-head" }, name, fold, leave), dots, body, buttons);
  document.body.append(dock);

  const setFolded = (/** @type {boolean} */ folded) => {
    dock.classList.toggle("folded", folded);
    fold.textContent = folded ? "Show" : "Hide";
    fold.setAttribute("aria-expanded", String(!folded));
    makeRoom(dock);
  };
  const steps = () => (lesson ? [...lesson.steps.map(({ id, title }) => ({ id, title })), { id: SAY_IT, title: "Say it" }] : []);
  const isDone = (/** @type {string} */ step) => Boolean(lesson) && doneIn(/** @type {Lesson} */ (lesson).id).includes(step);

  const finish = () => {
    if (!lesson || isDone(steps()[at].id)) return;
    noteDone(lesson.id, steps()[at].id);
    const all = steps().every(({ id }) => isDone(id));
    announce(all ? `Lesson ${lesson.title} is done.` : `Step ${at + 1} is done.`);
  };
  const show = (/** @type {number} */ index) => {
    if (!lesson) return;
    at = Math.min(Math.max(index, 0), lesson.steps.length);
    const { id } = steps()[at];
    onOpen(lesson.id, id);
    const step = lesson.steps[at];
    view = step ? createStepView(step, witness, { onDone: finish, isDone: () => isDone(id) })
      : createSaying(lesson, { onDone: finish, isDone: () => isDone(id), undone: () => steps().slice(0, -1).filter((one) => !isDone(one.id)).map(({ title }) => title) });
    body.replaceChildren(view.element);
    body.scrollTop = 0;
    refresh();
    body.focus({ preventScroll: true });
    if (step?.focus) document.querySelector(step.focus)?.scrollIntoView({ block: "nearest" });
  };
  const goOn = () => {
    if (!lesson) return;
    if (!isDone(steps()[at].id)) view?.refuse();
    else if (at < lesson.steps.length) show(at + 1);
    else openNext();
  };
  const openNext = () => {
    const following = LESSONS[LESSONS.findIndex(({ id }) => id === lesson?.id) + 1];
    if (following) open(following.id);
    else close();
  };
  const refresh = () => {
    if (!lesson) return;
    const number = LESSONS.indexOf(lesson) + 1;
    name.textContent = `Lesson ${number} of ${LESSONS.length}: ${lesson.title}`;
    dots.replaceChildren(...steps().map(({ id, title }, index) => h("li", {}, h("button", { type: "button", class: isDone(id) ? "done" : "",
      "aria-current": index === at ? "step" : null, "aria-label": `Step ${index + 1}, ${title}${isDone(id) ? ", done" : ""}`, onclick: () => show(index) }, isDone(id) ? "✓" : String(index + 1)))));
    back.disabled = at === 0;
    const done = isDone(steps()[at].id);
    next.classList.toggle("primary", done);
    next.textContent = at < lesson.steps.length ? "Go on" : number < LESSONS.length ? "Next lesson" : "Finish";
    view?.look();
    makeRoom(dock);
  };
  const open = (/** @type {string} */ id, /** @type {string} */ step = "") => {
    lesson = LESSONS.find((one) => one.id === id) ?? null;
    if (!lesson) return;
    dock.hidden = false;
    document.documentElement.classList.add("in-class");
    setFolded(false);
    const asked = steps().findIndex((one) => one.id === step);
    const firstUndone = steps().findIndex((one) => !isDone(one.id));
    show(asked >= 0 ? asked : Math.max(firstUndone, 0));
  };
  const close = () => {
    lesson = view = null;
    dock.hidden = true;
    document.documentElement.classList.remove("in-class");
    makeRoom(dock);
    onOpen("", "");
    if (readAddress().panel !== "learn") location.hash = "#learn";
  };
  new ResizeObserver(() => makeRoom(dock)).observe(dock);

  return { open, refresh, look: () => view?.look() };
}

/**
 * Leave room below the page for the dock, where it lies at the foot of the window.
 *
 * @param {HTMLElement} dock
 */
function makeRoom(dock) {
  document.documentElement.style.setProperty("--dock", dock.hidden ? "0px" : `${dock.offsetHeight}px`);
}
