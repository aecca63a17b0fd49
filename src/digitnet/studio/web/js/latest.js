/** Requests one at a time, one painting a frame, and no late answer in place of a newer one. */

/**
 * Run a job again for the latest call. Calls during a run are answered together by one more run.
 *
 * @param {() => Promise<void>} job Looks up for itself what there is to do when it starts.
 * @param {(busy: boolean) => void} [onBusy] Called with true when a run begins, and with false when none is left.
 * @returns {() => void} Ask for a run of the job.
 */
export function latestWins(job, onBusy = () => {}) {
  let running = false;
  let again = false;

  return async function ask() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    onBusy(true);
    try {
      do {
        again = false;
        await job();
      } while (again);
    } finally {
      running = false;
      onBusy(false);
    }
  };
}

/**
 * Recognise answers that arrive after the answer to a later question.
 *
 * @returns {() => () => boolean} Called with each question. What it returns is called when the answer has come, and says
 *   whether to use it: false where the answer to a later question came first.
 */
export function answersInOrder() {
  let asked = 0;
  let newest = 0;
  return () => {
    const mine = ++asked;
    return () => {
      newest = Math.max(newest, mine);
      return mine === newest;
    };
  };
}

/**
 * @param {() => void} draw
 * @returns {() => void} Asks for a drawing in the next frame, however often it is called until then.
 */
export function oncePerFrame(draw) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };
}
