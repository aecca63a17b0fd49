/** Many wishes at once: one request at a time, one drawing a frame, and no late answer in place of a newer one. */

/**
 * Whoever asks while one request is under way replaces the one that waits.
 *
 * @param {() => Promise<void>} job Looks up for itself what there is to do when it starts.
 * @param {(busy: boolean) => void} [onBusy] Told when there is something to do, and when all of it is done.
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
 * For answers that may overtake each other on their way.
 *
 * @returns {() => () => boolean} Called with each question. What it returns is called when the answer has come, and says
 *   whether it is news: false where the answer to a later question came first.
 */
export function inOrder() {
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
