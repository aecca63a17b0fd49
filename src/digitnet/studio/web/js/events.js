/** Server-sent events, read with fetch, since the browser's own EventSource cannot carry a token. */

import { request } from "./api.js";

const RETRY_MILLISECONDS = 1500;

/** @typedef {{kind: string, data: any, id: string}} ServerEvent */

/**
 * Follow a stream to its end; where it breaks off, go on from the last event that came.
 *
 * @param {string} path
 * @param {Record<string, unknown>} query
 * @param {{onEvent: (event: ServerEvent) => void, isOver: () => boolean, signal: AbortSignal}} options `isOver` says,
 *   when the stream ends, that there is nothing more to come.
 */
export async function followEvents(path, query, { onEvent, isOver, signal }) {
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const response = await request(path, { query, headers, signal });
      for await (const event of eventsOf(response)) {
        if (event.id) last = event.id;
        onEvent(event);
      }
      if (isOver()) return;
    } catch (error) {
      if (signal.aborted) return;
      // 0: the server or the connection is gone, and may come back.
      if (/** @type {any} */ (error).status > 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/**
 * @param {Response} response
 * @returns {AsyncGenerator<ServerEvent>}
 */
async function* eventsOf(response) {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    waiting += decoder.decode(value, { stream: true }).replaceAll("\r", "");
    const blocks = waiting.split("\n\n");
    waiting = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
  }
}

/**
 * @param {string} block
 * @returns {ServerEvent | null} null for a comment that only keeps the connection alive.
 */
function parse(block) {
  const event = { kind: "message", id: "" };
  const data = [];
  for (const line of block.split("\n")) {
    const [, name, value] = line.match(/^([^:]*):? ?(.*)$/) ?? [];
    if (name === "event") event.kind = value;
    else if (name === "id") event.id = value;
    else if (name === "data") data.push(value);
  }
  return data.length ? { ...event, data: JSON.parse(data.join("\n")) } : null;
}
