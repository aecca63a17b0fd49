/** The settings of a run: bounds, defaults, and their form in the address bar. */

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
 * @property {number} training_images
 * @property {number} seed
 */

/**
 * The settings that the server offers, with their bounds.
 *
 * @typedef {object} Dials
 * @property {Settings} defaults
 * @property {Record<string, {min: number, max: number}>} bounds
 * @property {{min: number, max: number}} units
 * @property {number} layers_max
 * @property {number} held_out Images that no run learns from.
 * @property {string[]} activations
 * @property {string[]} optimizers
 */

// How far an arrow of a number field goes.
export const STEPS = { epochs: 1, batch_size: 1, training_images: 500, seed: 1, learning_rate: "any", dropout: 0.05 };

/**
 * @param {URLSearchParams} address
 * @param {Dials} dials
 * @returns {Settings} What it does not say, or says wrongly, is as at the start.
 */
export function settingsFrom(address, dials) {
  const settings = { ...dials.defaults };
  const sizes = (address.get("sizes") ?? "").split("-").map(Number);
  if (sizes.length <= dials.layers_max && sizes.every((size) => Number.isInteger(size) && within(size, dials.units))) {
    settings.hidden_sizes = sizes;
  }
  for (const [name, known] of /** @type {const} */ ([["activation", dials.activations], ["optimizer", dials.optimizers]])) {
    if (known.includes(address.get(name) ?? "")) settings[name] = address.get(name) ?? "";
  }
  for (const [name, bounds] of Object.entries(dials.bounds)) {
    const text = address.get(name);
    if (text && within(Number(text), bounds)) Object.assign(settings, { [name]: Number(text) });
  }
  const images = Number(address.get("images")) - dials.held_out; // in links of older versions, with those held out
  if (address.has("images") && !address.has("training_images") && within(images, dials.bounds.training_images)) {
    settings.training_images = images;
  }
  settings.augment = address.get("augment") === "1";
  return settings;
}

/**
 * @param {Settings} settings
 * @param {Dials} dials
 * @returns {Record<string, string | number | null>} What differs from the start; null for the rest.
 */
export function addressOf(settings, { defaults, bounds }) {
  const written = { ...settings, sizes: settings.hidden_sizes.join("-"), augment: settings.augment ? 1 : 0 };
  const start = { ...defaults, sizes: defaults.hidden_sizes.join("-"), augment: 0 };
  const names = ["sizes", "activation", "optimizer", "augment", ...Object.keys(bounds)];
  return Object.fromEntries([["images", null], ...names.map((name) => {
    const value = /** @type {any} */ (written)[name];
    return [name, value === /** @type {any} */ (start)[name] ? null : value];
  })]);
}

/**
 * Whether the address bar says anything of a run's settings.
 *
 * @param {URLSearchParams} address
 * @param {Dials} dials
 */
export const namesSettings = (address, dials) => Object.keys(addressOf(dials.defaults, dials)).some((name) => address.has(name));

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
