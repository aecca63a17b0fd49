/** What a run has told so far. */

import { followEvents } from "../events.js";

/**
 * @typedef {object} Epoch
 * @property {number} epoch
 * @property {number} loss
 * @property {number} accuracy
 * @property {number} validation_loss
 * @property {number} validation_accuracy
 * @property {number} seconds
 * @property {string[]} [fields] base64 of 784 signed bytes each: what neurons of the first layer look for.
 * @property {number[][]} [confusion] Of the images held out.
 */

export class RunLog {
  /** @type {Epoch[]} */
  epochs = [];
  status = "";
  error = "";
  saving = false;
  /** @type {{epoch: number, fraction: number | null} | null} Where the epoch under way stands. */
  step = null;
  /** @type {any} What the finished network is worth on the test set. */
  result = null;
  #abort = new AbortController();

  /** @param {any} run As the server lists it. */
  constructor(run) {
    this.run = run;
    this.status = run.status;
    this.error = run.error ?? "";
    /** Whether there is more to come; what a run tells of its past changes nothing about that. */
    this.live = this.running;
  }

  get running() {
    return this.status === "running";
  }

  /** The newest epoch of which there are pictures. */
  get newest() {
    return this.epochs.findLast((epoch) => epoch.confusion);
  }

  /**
   * Hear of everything that has happened, and of what will.
   *
   * @param {() => void} onChange
   */
  async follow(onChange) {
    await followEvents("training/events", { id: this.run.id }, {
      onEvent: (event) => {
        this.#take(event);
        onChange();
      },
      isOver: () => !this.running,
      signal: this.#abort.signal,
    });
  }

  /**
   * What the server says of the run by now, such as whether it can be gone on with.
   *
   * @param {any[]} runs
   */
  update(runs) {
    this.run = runs.find(({ id }) => id === this.run.id) ?? this.run;
  }

  leave() {
    this.#abort.abort();
  }

  /** @param {import("../events.js").ServerEvent} event */
  #take({ kind, data }) {
    if (kind === "step") this.step = data;
    else if (kind === "result") this.result = data;
    else if (kind === "epoch") {
      this.step = null;
      this.epochs = [...this.epochs.filter(({ epoch }) => epoch !== data.epoch), data];
    } else if (kind === "state" && this.live) {
      ({ status: this.status, error: this.error = "", saving: this.saving = false } = data);
      if (!this.running) this.step = null;
    }
  }
}
