/** Many wishes at once: one request at a time, one drawing a frame. */

/**
 * Whoever asks while one request is under way replaces the one that waits.
 *
 * @param {() => Promise<void>} job Looks up for itself what there is to do when it starts.
 * @returns {() => void} Ask for a run of the job.
 */
export function latestWins(job) {
  let running = false;
  let again = false;

  return async function ask() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await job();
      } while (again);
    } finally {
      running = false;
    }
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
