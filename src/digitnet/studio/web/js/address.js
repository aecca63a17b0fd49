/** The address bar: "#train?model=bundled&epochs=5" is a panel and what is set in it. */

export const PANELS = ["draw", "picture", "inside", "train", "mistakes", "teach", "learn"];

/**
 * What the address bar says.
 *
 * @returns {{panel: string, settings: URLSearchParams}} An unknown panel is the first one.
 */
export function readAddress() {
  const [panel, query] = location.hash.slice(1).split("?");
  return { panel: PANELS.includes(panel) ? panel : PANELS[0], settings: new URLSearchParams(query) };
}

/**
 * Note settings of the panel that is shown, without a new entry in the history.
 *
 * @param {Record<string, string | number | null | undefined>} changes null and "" take a setting out.
 * @param {string} [owner] The panel whose settings they are; where another one is shown by now nothing is noted.
 */
export function noteInAddress(changes, owner) {
  const { panel, settings } = readAddress();
  if (owner && owner !== panel) return;
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") settings.delete(name);
    else settings.set(name, String(value));
  }
  const query = settings.toString();
  history.replaceState(null, "", `#${panel}${query ? `?${query}` : ""}`);
}
