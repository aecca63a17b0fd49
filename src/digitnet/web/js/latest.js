/** Many wishes, one request at a time: whoever asks while one is under way replaces the one that waits. */

/**
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
