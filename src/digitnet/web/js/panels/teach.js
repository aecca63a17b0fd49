/** Panel 6: the corrections, and what a copy of the network learns from them. */

import * as api from "../api.js";
import { notify, notifyError } from "../announce.js";
import { askFirst } from "../ask.js";
import { byId, h } from "../dom.js";
import { refreshModels } from "../models.js";
import { createKept } from "../teach/kept.js";
import { createLesson } from "../teach/lesson.js";
import { RunLog } from "../train/log.js";

/** @param {import("../state.js").Store} store */
export function createTeachPanel(store) {
  const { training, model } = store.get("about");
  return {};
}
