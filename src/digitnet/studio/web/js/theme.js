/** Light or dark: as the system has it, until the person chooses. */

import { repaintAll } from "./colours.js";

const KEY = "digitnet-theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (document.documentElement.dataset.theme ?? (systemIsDark.matches ? "dark" : "light")) === "dark";

/** @param {HTMLButtonElement} button Switches between the two. */
export function startTheme(button) {
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    repaintAll();
  };
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
    show();
  });
  systemIsDark.addEventListener("change", show);
  show();
}
