/** Lesson 6: learning by heart, and what helps against it. */

const HELD_OUT = 5000;
const GAP = 0.04; // of accuracy, between images learned from and held out, that nobody takes for chance
const FEW = 2000;

/** @type {import("./checks.js").Lesson} */
export const OVERFITTING = {
  id: "overfitting", title: "Over-fitting", question: "Does it understand, or does it know by heart?", tutorial: "Over-fitting, and what the validation set is for",
  saying: ["A network that knows its training images by ", ["heart", "name", "number"], " is ", ["not as good", "just as good", "better"],
    " on new ones; how good it is, only images tell that were ", ["held out of training", "learned often", "easy to read"], "."],
  steps: [
    {
      id: "by-heart", title: "Learn by heart", place: "#train?sizes=128-64&training_images=500&batch_size=50&epochs=60", go: "Set the dials for this",
      text: ["500 images, and a network of more than 100,000 numbers that sees each of them 60 times. 5,000 other images are held out: it never learns from them.",
        "Set the dials, press “Start training”, and watch the two curves part: dotted on images that it learns from, solid on images held out. It takes a minute or so; wait for its end."],
      check: (witness) => untrainable(witness) || stateOfFirst(witness),
    },
    {
      id: "read", title: "Two accuracies", place: "#train",
      text: ["Show that run, and look at its figures below the bar.",
        "How many of 100 images that it learned from does it read right at the end? And how many of 100 that were held out?"],
      asks: [{ name: "seen", label: "Of 100 learned from" }, { name: "unseen", label: "Of 100 held out" }],
      check: (witness, memory, { seen, unseen }) => {
        const log = shown(witness, greedy);
        if (!log) return "show the run of the step before: press “Show” beside it.";
        const last = log.epochs.at(-1);
        if (Math.abs(seen - 100 * last.accuracy) > 1) return "the first number is another one: “Accuracy, training images”.";
        return Math.abs(unseen - 100 * last.validation_accuracy) > 1 ? "the second number is another one: “Accuracy, held-out images”." : "";
      },
    },
    {
      id: "turn", title: "Where it turned", place: "#train",
      text: ["Look at the loss. The dotted curve falls to the end. The solid one falls, and then rises again: from there on the network learns what is peculiar to its 500 images.",
        "After how many epochs was the loss on held-out images at its lowest, about?"],
      asks: [{ name: "epoch", label: "Epochs" }],
      check: (witness, memory, { epoch }) => {
        const log = shown(witness, greedy);
        if (!log) return "show the run that learned by heart: press “Show” beside it.";
        const losses = log.epochs.map((/** @type {any} */ one) => one.validation_loss);
        const least = Math.min(...losses);
        if (losses[Math.round(epoch) - 1] <= 1.04 * least) return ""; // the valley is flat, and the chart small
        return epoch - 1 < losses.indexOf(least) ? "it was falling still: look further to the right." : "it was rising already: look further to the left.";
      },
    },
    {
      id: "cure", title: "A cure", place: "#train",
      text: ["Four things are said to help: distorting the images anew in every epoch, dropout, more images, a narrower network. Distortion and dropout are in “More settings”. Not all of them help as much here.",
        "Change one of the four, and leave all else as it was, so that you know what helped. Train again. It helped if more of the held-out images are read right at the end."],
      check: (witness) => untrainable(witness) || stateOfCure(witness),
    },
    {
      id: "compare", title: "Side by side", place: "#train",
      text: ["Show one of the two runs, and press “Compare” beside the other. Now both stand in the same charts.",
        "Of 1,000 new digits, how many would you expect the cured network to read wrong? The test images would say so once; the held-out ones say it now."],
      asks: [{ name: "wrong", label: "Wrong, of 1,000" }],
      check: (witness, memory, { wrong }) => {
        const { log, other } = witness.runs ?? {};
        const cured = log && other && [[log, other], [other, log]].find(([one, two]) => greedy(one.run) && cureBetween(one.run.settings, two.run.settings))?.[1];
        if (!cured) return "show the run that learned by heart and the cured one together: “Show” and “Compare”.";
        const last = cured.epochs.at(-1);
        if (!last) return "wait until the figures of both are there.";
        return Math.abs(wrong - 1000 * (1 - last.validation_accuracy)) <= 10 ? "" : `of 100 held-out images it reads ${(100 * last.validation_accuracy).toFixed(1)} right: what is left is wrong.`;
      },
    },
  ],
};

/** @param {import("./checks.js").Witness} witness */
function untrainable({ store }) {
  const { training } = store.get("about");
  return training.available ? "" : training.reason;
}

/**
 * Whether a run learned few images without any cure.
 *
 * @param {any} run
 */
const greedy = ({ settings }) => settings.training_images <= FEW && !settings.dropout && !settings.augment && settings.epochs >= 20;

/**
 * The run that is shown, or the one beside it, if it is one of these.
 *
 * @param {import("./checks.js").Witness} witness
 * @param {(run: any) => boolean} isWanted
 */
const shown = ({ runs }, isWanted) => [runs?.log, runs?.other].find((log) => log && isWanted(log.run) && log.epochs.length);

/** @param {import("./checks.js").Witness} witness */
function stateOfFirst(witness) {
  const log = shown(witness, greedy);
  const running = witness.runs?.log?.running;
  if (!log) return running ? "wait for the first epoch." : "set the dials, and start the training. At most 2,000 images, without dropout and distortion, and at least 20 epochs.";
  const last = log.epochs.at(-1);
  if (log.running) return `${log.epochs.length} of ${log.run.settings.epochs} epochs are done.`;
  if (last.accuracy - last.validation_accuracy < GAP) return "this run has not learned by heart: try fewer images, or more epochs.";
  return log.status === "finished" ? "" : "this run has not come to its end: resume it, or start another one.";
}

/**
 * Which cure a run has that another one lacks.
 *
 * @param {any} settings Of the run without it.
 * @param {any} cured Settings of the run with it.
 * @returns {string} Its name in the settings; "" where they differ in anything else, or in nothing.
 */
function cureBetween(settings, cured) {
  const changed = Object.keys(settings).filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(cured[name]));
  const weight = (/** @type {number[]} */ sizes) => sizes.reduce((sum, size) => sum + size, 0);
  const isCure = {
    augment: cured.augment, dropout: cured.dropout > settings.dropout, training_images: cured.training_images > settings.training_images,
    hidden_sizes: weight(cured.hidden_sizes) < weight(settings.hidden_sizes),
  };
  const [name] = changed;
  return changed.length === 1 && isCure[/** @type {keyof typeof isCure} */ (name)] ? name : "";
}

/** @param {import("./checks.js").Witness} witness */
function stateOfCure({ runs }) {
  const log = runs?.log;
  if (!log) return "train a second network, and show it.";
  if (log.running) return `${log.epochs.length} of ${log.run.settings.epochs} epochs are done.`;
  if (!log.epochs.length) return "this run has no figures.";
  const greedyRuns = runs.runs.filter((/** @type {any} */ run) => run.id !== log.run.id && run.status === "finished" && greedy(run));
  if (!greedyRuns.length) return greedy(log.run) ? "now train a second network, with one cure." : "the run that learned by heart is gone: do the first step again.";
  const first = greedyRuns.find((/** @type {any} */ run) => cureBetween(run.settings, log.run.settings));
  if (!first) return "this run is not the one that learned by heart with a single cure: change one of the four, and nothing else.";
  if (log.status !== "finished") return "this run has not come to its end.";
  const [was, is] = [first.validation_accuracy, log.epochs.at(-1).validation_accuracy].map((accuracy) => Math.round(HELD_OUT * accuracy));
  return is > was ? "" : `it reads ${is} of the 5,000 held-out images right, the first one ${was}: take a stronger dose, or another cure.`;
}
