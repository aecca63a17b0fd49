/** The events of a run so far. */

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
  /** @type {{at: number, loss: number}[]} Losses inside epochs, by how many epochs had passed; only those seen live. */
  steps = [];
  /** @type {any} The figures of the finished network, on the test set among others. */
  result = null;
  #abort = new AbortController();

  /** @param {any} run As the server lists it. */
  constructor(run) {
    this.run = run;
    this.status = run.status;
    this.error = run.error ?? "";
    /** Whether new events may come; events of the past, which are sent first, do not change that. */
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
   * Receive the events of the past, then those to come.
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
   * Take the newest description of the run, which says for example whether it can be resumed.
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
    if (kind === "step") {
      this.step = data;
      if (data.loss != null) this.steps.push({ at: data.epoch - 1 + data.fraction, loss: data.loss });
    }
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
