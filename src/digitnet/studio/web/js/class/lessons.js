/** The six lessons, in their order. */

import { GRADIENT } from "./gradient.js";
import { LAYERS } from "./layers.js";
import { LOSS } from "./loss.js";
import { OVERFITTING } from "./overfitting.js";
import { PIXELS } from "./pixels.js";
import { UNIT } from "./unit.js";

export const LESSONS = [PIXELS, UNIT, LAYERS, LOSS, GRADIENT, OVERFITTING];
export const SAY_IT = "say-it"; // the last step of each lesson: its sentence, with gaps
