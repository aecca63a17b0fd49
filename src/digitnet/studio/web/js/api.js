/** The server's endpoints as functions. The only module that talks to the network. */

import { askForToken, storedToken } from "./token.js";

/** An answer that is an error, with the server's own sentence. */
export class ApiError extends Error {
  /**
   * @param {number} status The HTTP status, or 0 where the server did not answer at all.
   * @param {string} sentence
   */
  constructor(status, sentence) {
    super(sentence);
    this.name = "ApiError";
    this.status = status;
  }
}

// Relative to the page, so that the server may live below a path.
const ROOT = new URL("./studio/", document.baseURI);
const RETRY_MILLISECONDS = 1000;

/** @type {(online: boolean) => void} */
let onConnectionChange = () => {};
let waiting = false;

/**
 * Set the function that is called when the server stops answering, and when it answers again.
 *
 * @param {(online: boolean) => void} listener
 */
export function onConnection(listener) {
  onConnectionChange = listener;
}

/** Ask again and again until the server answers. */
async function waitForServer() {
  if (waiting) return;
  waiting = true;
  onConnectionChange(false);
  for (let answered = false; !answered; ) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    answered = await fetch(url("about"), { headers: authorization() }).then(() => true, () => false);
  }
  waiting = false;
  onConnectionChange(true);
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} [query]
 */
function url(path, query = {}) {
  const address = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") address.searchParams.set(name, String(value));
  }
  return address;
}

/** @returns {Record<string, string>} */
function authorization() {
  const token = storedToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * One request; the response where it went well.
 *
 * @param {string} path
 * @param {{method?: string, query?: Record<string, unknown>, json?: unknown, body?: Blob,
 *   headers?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>}
 * @throws {ApiError} The server answered with an error, or not at all.
 */
export async function request(path, options = {}) {
  const { query, json, headers, signal } = options;
  const body = json === undefined ? options.body : JSON.stringify(json);
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(url(path, query), { method, body, signal, headers: { ...authorization(), ...type, ...headers } });
  } catch (error) {
    if (signal?.aborted) throw error;
    waitForServer();
    throw new ApiError(0, "The server does not answer.");
  }
  if (response.ok) return response;
  if (response.status === 401 && (await askForToken())) return request(path, options);
  throw new ApiError(response.status, await sentenceOf(response));
}

/** @param {Response} response */
async function sentenceOf(response) {
  try {
    return (await response.json()).error || `The server answered ${response.status}.`;
  } catch {
    return `The server answered ${response.status} ${response.statusText}`.trim() + ".";
  }
}

/** @type {(...request: Parameters<typeof request>) => Promise<any>} */
const ask = async (path, options) => {
  const response = await request(path, options);
  const text = await response.text();
  return text ? JSON.parse(text) : {};
};

/** @param {AbortSignal} [signal] */
export const about = (signal) => ask("about", { signal });

/**
 * @param {Blob} picture
 * @param {{mode?: "number" | "digit", steps?: boolean, model?: string}} options
 */
export const read = (picture, { mode = "number", steps = false, model = "" }) =>
  ask("read", { body: picture, query: { mode, steps: steps ? 1 : 0, model } });

/** @param {{image: string, model?: string, switched_off?: number[][], label?: number | null, truth?: number | null}} question */
export const explain = (question) => ask("explain", { json: { ...question, model: question.model || undefined } });

/**
 * @param {string} model
 * @param {number} layer
 * @param {number} unit
 */
export const neuron = (model, layer, unit) => ask("neuron", { query: { model, layer, unit } });

/** @param {{image: string, model: string, target: number | null}} question */
export const counterfactual = ({ image, model, target }) => ask("counterfactual", { json: { image, model, target } });

/** @param {{image: string, model: string}} question An image that is in MNIST's frame already. */
export const answer = (question) => ask("answer", { json: question });

export const diagram = () => ask("diagram");

/** @param {{layers: {kernel: string, bias: string}[], image: string, label: number, learning_rate: number, steps: number,
 *   switched_off: number[][]}} question */
export const step = (question) => ask("step", { json: question });

export const map = () => ask("map");
/** @param {number[]} numbers Of test digits. */
export const mapDigits = (numbers) => ask("map/digits", { query: { numbers: numbers.join(",") } });
/** @param {string} image */
export const mapPlace = (image) => ask("map/place", { json: { image } });

/** @param {string} model */
export const mistakes = (model) => ask("mistakes", { query: { model } });

/** @param {{model: string, true: number, predicted: number, limit: number, offset: number}} query */
export const mistakesCell = (query) => ask("mistakes/cell", { query });

/** @param {Record<string, unknown>} settings */
export const startTraining = (settings) => ask("training", { json: settings });
export const listTraining = () => ask("training");
/** @param {Record<string, unknown>} settings */
export const searchRates = (settings) => ask("training/rates", { json: settings });
/** @param {string[]} ids */
export const trainingCurves = (ids) => ask("training/curves", { query: { ids: ids.join(",") } });
/**
 * @param {string} id
 * @param {string} name
 */
export const renameTraining = (id, name) => ask("training/name", { json: { id, name } });
/** @param {{id: string, a: number, b: number, examples: number, after: number}} query */
export const trainingBoundary = (query) => ask("training/boundary", { query });
/** @param {string} id */
export const stopTraining = (id) => ask("training/stop", { json: { id } });
/** @param {string} id */
export const resumeTraining = (id) => ask("training/resume", { json: { id } });
/** @param {string} id */
export const deleteTraining = (id) => ask("training", { method: "DELETE", query: { id } });

/** @param {{image: string, label: number | null, was: number | null, png: string | null}} correction */
export const addCorrection = (correction) => ask("corrections", { json: correction });
export const listCorrections = () => ask("corrections");
/** @param {number} id */
export const deleteCorrection = (id) => ask("corrections", { method: "DELETE", query: { id } });
export const deleteCorrections = () => ask("corrections", { method: "DELETE", query: { all: 1 } });
/** @param {"idx" | "png"} format */
export const exportCorrections = async (format) => (await request("corrections/export", { query: { format } })).blob();

/** @param {string} model */
export const teach = (model) => ask("teach", { json: { model: model || undefined } });
/** @param {string} id */
export const useModel = (id) => ask("models/use", { json: { id } });

/** Formats of other programs that a network can be carried away in. */
export const exportFormats = () => ask("models/formats");
/**
 * @param {string} model
 * @param {string} format
 * @returns {Promise<{name: string, content: Blob}>}
 */
export async function exportModel(model, format) {
  const response = await request("models/export", { query: { model, format } });
  const name = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "network";
  return { name, content: await response.blob() };
}
