/** Boxes around the digits of a picture, as an overlay that scales with it. */

import { svg } from "./dom.js";

export function createBoxes() {
  const element = svg("svg", { class: "boxes", "aria-hidden": "true", preserveAspectRatio: "none" });

  return {
    element,
    /**
     * @param {{width: number, height: number, digits: any[]}} reading
     * @param {string[]} classNames
     * @param {number | null} chosen The digit to stress.
     */
    show(reading, classNames, chosen) {
      element.setAttribute("viewBox", `0 0 ${reading.width} ${reading.height}`);
      const margin = reading.width / 100;
      const letter = reading.width / 28;
      element.replaceChildren(
        ...reading.digits.filter(({ label }) => label !== null).map((digit) => {
          const [x, y, width, height] = digit.box;
          const kind = `box ${digit.status} ${digit === reading.digits[chosen ?? -1] ? "chosen" : ""}`;
          const frame = { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin, rx: margin };
          const above = y - margin - letter / 3 > letter ? y - margin - letter / 3 : y + height + margin + letter;
          return svg("g", { class: kind }, svg("rect", frame),
            svg("text", { x: x - margin, y: above, "font-size": letter }, classNames[digit.label]));
        }),
      );
    },
    clear: () => element.replaceChildren(),
  };
}
