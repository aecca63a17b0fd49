/** What a run may be told: the dials, what they start at, and how the address bar writes them. */

/**
 * @typedef {object} Settings
 * @property {number[]} hidden_sizes
 * @property {string} activation
 * @property {string} optimizer
 * @property {number} learning_rate
 * @property {number} epochs
 * @property {number} batch_size
 * @property {number} dropout
 * @property {boolean} augment
 * @property {number} images
 * @property {number} seed
 */

// The server checks every value again, and says what it expected.
export const BOUNDS = {
  epochs: { min: 1, max: 30, step: 1 },
  batch_size: { min: 10, max: 1000, step: 1 },
  images: { min: 10000, max: 60000, step: 1000 },
  seed: { min: 0, max: 2147483647, step: 1 },
  learning_rate: { min: 0.000001, max: 1, step: "any" },
  dropout: { min: 0, max: 0.8, step: 0.05 },
};
export const UNITS = { min: 1, max: 512, step: 1 };
export const LAYERS_MAX = 4;
export const ACTIVATIONS = ["relu", "leaky_relu", "elu", "gelu", "selu", "silu", "sigmoid", "softplus", "tanh", "linear"];
export const OPTIMIZERS = ["adam", "adamw", "sgd", "nesterov", "rmsprop", "nadam", "lion", "muon"];

/** @type {Settings} */
export const DEFAULTS = {
  hidden_sizes: [128, 64], activation: "relu", optimizer: "adam", learning_rate: 0.001, epochs: 5, batch_size: 125,
  dropout: 0, augment: false, images: 60000, seed: 0,
};

/**
 * @param {URLSearchParams} address
 * @returns {Settings} What it does not say, or says wrongly, is as at the start.
 */
export function settingsFrom(address) {
  const settings = { ...DEFAULTS };
  const sizes = (address.get("sizes") ?? "").split("-").map(Number);
  if (sizes.length <= LAYERS_MAX && sizes.every((size) => Number.isInteger(size) && within(size, UNITS))) settings.hidden_sizes = sizes;
  for (const [name, known] of /** @type {const} */ ([["activation", ACTIVATIONS], ["optimizer", OPTIMIZERS]])) {
    if (known.includes(address.get(name) ?? "")) settings[name] = address.get(name) ?? "";
  }
  for (const [name, bounds] of Object.entries(BOUNDS)) {
    const text = address.get(name);
    if (text && within(Number(text), bounds)) Object.assign(settings, { [name]: Number(text) });
  }
  settings.augment = address.get("augment") === "1";
  return settings;
}

/**
 * @param {Settings} settings
 * @returns {Record<string, string | number | null>} What differs from the start; null for the rest.
 */
export function addressOf(settings) {
  const written = { ...settings, sizes: settings.hidden_sizes.join("-"), augment: settings.augment ? 1 : 0 };
  const start = { ...DEFAULTS, sizes: DEFAULTS.hidden_sizes.join("-"), augment: 0 };
  const names = /** @type {const} */ (["sizes", "activation", "optimizer", "augment", ...Object.keys(BOUNDS)]);
  return Object.fromEntries(names.map((name) => {
    const value = /** @type {any} */ (written)[name];
    return [name, value === /** @type {any} */ (start)[name] ? null : value];
  }));
}

/**
 * Whether the address bar says anything of a run's settings.
 *
 * @param {URLSearchParams} address
 */
export const namesSettings = (address) => Object.keys(addressOf(DEFAULTS)).some((name) => address.has(name));

/**
 * How many numbers are learned: a weight for each pair of neighbours, and one more for each neuron.
 *
 * @param {number[]} sizes
 * @param {number} classes
 */
export function parameterCount(sizes, classes) {
  const all = [28 * 28, ...sizes, classes];
  return all.slice(1).reduce((sum, units, index) => sum + (all[index] + 1) * units, 0);
}

/**
 * @param {number} value
 * @param {{min: number, max: number}} bounds
 */
const within = (value, { min, max }) => value >= min && value <= max;
