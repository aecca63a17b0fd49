/** The weights over time: a slider over the epochs of a run, and a button that plays them. */

import { h } from "../dom.js";

const FRAME_MILLISECONDS = 160; // sixty epochs take ten seconds

/** @param {() => void} onChange Another epoch is to be shown. */
export function createReplay(onChange) {
  let last = 0; // how many epochs there are to show
  let isFollowing = true; // the newest one is shown, and the next one will be
  let timer = 0;
  const words = h("label", { for: "replay" });
  const slider = h("input", { type: "range", id: "replay", min: 1, max: 1, step: 1, value: 1, oninput: () => {
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
    words.textContent = `After epoch ${slider.value} of ${last}`;
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
