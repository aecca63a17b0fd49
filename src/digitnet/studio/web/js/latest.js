/** Requests one at a time, one painting a frame, and no late answer in place of a newer one. */

const SLOW_MILLISECONDS = 300; // until then an answer seems to come at once

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
 * Tell when something takes so long that a person wants to see a sign of work.
 *
 * @param {(isSlow: boolean) => void} onSlow Called with true when it has taken that long, and with false at its end.
 * @returns {(busy: boolean) => void} To be told when it begins and ends, as by `latestWins`.
 */
export function signOfWork(onSlow) {
  let timer = 0;
  return (busy) => {
    clearTimeout(timer);
    if (busy) timer = setTimeout(() => onSlow(true), SLOW_MILLISECONDS);
    else onSlow(false);
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
