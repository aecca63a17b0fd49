/** What was over time: a slider over the moments of a run, and a button that plays them. */

import { h } from "../dom.js";

const FRAME_MILLISECONDS = 160; // sixty epochs take ten seconds

/**
 * @param {() => void} onChange Another moment is to be shown.
 * @param {{id?: string, words?: (chosen: number, last: number) => string}} [options] The id of the slider, of which there
 *   is one a page, and what is said of a moment; both are counted from 1.
 */
export function createReplay(onChange, { id = "replay", words: wordsFor = (chosen, last) => `After epoch ${chosen} of ${last}` } = {}) {
  let last = 0; // how many epochs there are to show
  let isFollowing = true; // the newest one is shown, and the next one will be
  let timer = 0;
  const words = h("label", { for: id });
  const slider = h("input", { type: "range", id, min: 1, max: 1, step: 1, value: 1, oninput: () => {
    stop();
    go(slider.valueAsNumber);
  } });
  const play = h("button", { type: "button", class: "button small", onclick: () => (timer ? stop() : start()) }, "Play");
  const element = h("div", { class: "replay" }, words, slider, play);

  const go = (/** @type {number} */ epoch) => {
    slider.value = String(epoch);
    isFollowing = epoch >= last;
    say();
    onChange();
  };
  const say = () => {
    words.textContent = wordsFor(Math.max(1, Math.min(slider.valueAsNumber, last)), last);
    slider.setAttribute("aria-valuetext", words.textContent);
  };
  const start = () => {
    play.textContent = "Stop";
    go(slider.valueAsNumber >= last ? 1 : slider.valueAsNumber);
    timer = setInterval(() => {
      if (slider.valueAsNumber >= last) stop();
      else go(slider.valueAsNumber + 1);
    }, FRAME_MILLISECONDS);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };

  return {
    element,
    stop,
    /**
     * @param {number} count How many epochs there are by now.
     * @param {boolean} isOther Whether it is another run than before.
     * @returns {number} The one to show, counted from 1; 0 where there is none.
     */
    show(count, isOther) {
      if (isOther) stop();
      if (isOther) isFollowing = true;
      last = count;
      element.hidden = count < 2;
      slider.max = String(Math.max(count, 1));
      if (isFollowing) slider.value = String(count);
      say();
      return Math.min(slider.valueAsNumber, count);
    },
  };
}
