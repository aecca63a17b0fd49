// Brings one drawn digit to MNIST's frame: 28 x 28, its longest side 20 pixels, its centre of mass in the middle, and its
// strokes as solid, upright and thick as MNIST's. The same steps as digitnet's `pictures/mnist_frame.py` and
// `stroke_normalization.py`, where each number has its origin; a test holds the two against each other.

/**
 * @typedef {{data: Uint8Array | Float32Array, width: number, height: number}} Gray Rows from the top; 0 = paper.
 */

const Frame = (() => {
  const SIDE = 28;
  const DIGIT_SIDE = 20;
  const MIDDLE = 14;
  const SOFT_EDGE_FROM = 40;
  const INVISIBLE_LEVEL = 15;
  const MIN_COMPONENT_AREA = 0.02;
  const OVERSAMPLING = 4;
  const MARGIN = 3 * OVERSAMPLING;
  const USUAL = { thickness: [1.8, 4.0], slant: [-0.62, 0.3], darkness: 200 / 255 };
  const WANTED = { thickness: [2.2, 3.5], slant: [-0.4, 0.1] };
  const WINDOW = 4; // pixels to each side
  const ELLIPSE = [0, 3, 3, 4, 4, 4, 3, 3, 0]; // half widths of the rows of OpenCV's ellipse of 9 x 9 pixels
  const THRESHOLD_SHARE = 0.5;
  const THRESHOLD_MIN = 40;
  const MIN_MOMENT_RATIO = 0.05;

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const isWithin = (value, [low, high]) => low <= value && value <= high;
  /** Rounds halves to even, as NumPy and OpenCV do. */
  const rint = (value) => {
    const down = Math.floor(value);
    const rest = value - down;
    return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
  };
  const byte = (value) => clamp(rint(value), 0, 255);
  const gray = (width, height, Kind = Uint8Array) => ({ data: new Kind(width * height), width, height });
  const mapped = (image, change) => ({ ...image, data: image.data.map(change) });
  const largest = (image) => image.data.reduce((most, level) => Math.max(most, level), 0);

  /** The smallest box around all ink; null where there is none. */
  function boxOf({ data, width, height }) {
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let y = 0, place = 0; y < height; y++) {
      for (let x = 0; x < width; x++, place++) {
        if (!data[place]) continue;
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
    return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
  }

  function cropped(image, box) {
    const found = gray(box.width, box.height);
    for (let y = 0; y < box.height; y++) {
      const start = (box.top + y) * image.width + box.left;
      found.data.set(image.data.subarray(start, start + box.width), y * box.width);
    }
    return found;
  }

  /** The image without the pieces that are far smaller than its largest one. */
  function withoutSpecks(image) {
    const { data, width, height } = image;
    const pieces = new Int32Array(data.length);
    const areas = [0];
    const waiting = [];
    for (let start = 0; start < data.length; start++) {
      if (!data[start] || pieces[start]) continue;
      const piece = areas.push(0) - 1;
      pieces[start] = piece;
      waiting.push(start);
      while (waiting.length) {
        const place = waiting.pop();
        areas[piece]++;
        const [x, y] = [place % width, Math.floor(place / width)];
        for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
          for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
            const near = v * width + u;
            if (!data[near] || pieces[near]) continue;
            pieces[near] = piece;
            waiting.push(near);
          }
        }
      }
    }
    const least = MIN_COMPONENT_AREA * Math.max(...areas);
    return mapped(image, (level, place) => (areas[pieces[place]] >= least ? level : 0));
  }

  /** For each new pixel along one side the old pixels it is made of, and their weights. */
  function taps(from, to, kind) {
    const scale = from / to;
    return Array.from({ length: to }, (_, place) => {
      const parts = [];
      if (kind === "area") {
        const [begin, end] = [place * scale, Math.min((place + 1) * scale, from)];
        for (let at = Math.floor(begin); at < end; at++) {
          const covered = Math.min(at + 1, end) - Math.max(at, begin);
          if (covered > 1e-3) parts.push([at, covered]);
        }
      } else {
        const middle = (place + 0.5) * scale - 0.5;
        const reach = kind === "cubic" ? 2 : 1;
        const first = Math.floor(middle) - reach + 1;
        for (let at = first; at < first + 2 * reach; at++) {
          parts.push([clamp(at, 0, from - 1), (kind === "cubic" ? cubic : linear)(Math.abs(middle - at))]);
        }
      }
      const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
      return parts.map(([at, weight]) => [at, weight / total]);
    });
  }
  const linear = (distance) => Math.max(0, 1 - distance);
  const cubic = (x) => (x <= 1 ? (1.25 * x - 2.25) * x * x + 1 : ((-0.75 * x + 3.75) * x - 6) * x + 3); // a = -0.75

  function resized(image, width, height, kind) {
    const [across, down] = [taps(image.width, width, kind), taps(image.height, height, kind)];
    const rows = gray(width, image.height, Float32Array);
    for (let y = 0; y < image.height; y++) {
      across.forEach((parts, x) => {
        rows.data[y * width + x] = parts.reduce((sum, [at, part]) => sum + part * image.data[y * image.width + at], 0);
      });
    }
    const found = gray(width, height);
    down.forEach((parts, y) => {
      for (let x = 0; x < width; x++) {
        found.data[y * width + x] = byte(parts.reduce((sum, [at, part]) => sum + part * rows.data[at * width + x], 0));
      }
    });
    return found;
  }

  /** The image with this longest side; kept as it is where it has it already. */
  function scaledTo(image, side, enlarging) {
    const scale = side / Math.max(image.width, image.height);
    if (scale === 1) return image;
    const [width, height] = [image.width, image.height].map((size) => Math.max(1, rint(size * scale)));
    return resized(image, width, height, scale < 1 ? "area" : enlarging);
  }

  function enlarged(digit) {
    const inner = scaledTo(digit, DIGIT_SIDE * OVERSAMPLING, "cubic");
    const found = gray(inner.width + 2 * MARGIN, inner.height + 2 * MARGIN);
    const factor = 255 / Math.max(1, largest(inner));
    for (let y = 0; y < inner.height; y++) {
      for (let x = 0; x < inner.width; x++) {
        found.data[(y + MARGIN) * found.width + x + MARGIN] = byte(inner.data[y * inner.width + x] * factor);
      }
    }
    return found;
  }

  /** 1 where there is a stroke, by a threshold that follows the darkest ink nearby. */
  function binarized(image) {
    const { data, width, height } = image;
    const darkest = gray(width, height);
    const mirrored = (at, size) => (at < 0 ? -at : at >= size ? 2 * size - 2 - at : at);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let most = 0;
        for (let v = Math.max(y - WINDOW, 0); v <= Math.min(y + WINDOW, height - 1); v++) {
          const reach = ELLIPSE[v - y + WINDOW];
          for (let u = Math.max(x - reach, 0); u <= Math.min(x + reach, width - 1); u++) {
            most = Math.max(most, data[v * width + u]);
          }
        }
        darkest.data[y * width + x] = most;
      }
    }
    // The mean of a square is the mean of rows of means, here of sums.
    const across = new Float32Array(data.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let u = x - WINDOW; u <= x + WINDOW; u++) across[y * width + x] += darkest.data[y * width + mirrored(u, width)];
      }
    }
    const strokes = gray(width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let v = y - WINDOW; v <= y + WINDOW; v++) sum += across[mirrored(v, height) * width + x];
        const around = rint(sum / (2 * WINDOW + 1) ** 2);
        const threshold = Math.max(rint(around * THRESHOLD_SHARE), THRESHOLD_MIN);
        strokes.data[y * width + x] = data[y * width + x] > threshold ? 1 : 0;
      }
    }
    return strokes;
  }

  /** Columns to the right for each row down, by the second moments of the ink; 0 for a level stroke. */
  function slantOf({ data, width }) {
    let [mass, sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0, 0];
    data.forEach((level, place) => {
      const [x, y] = [place % width, Math.floor(place / width)];
      mass += level;
      sumX += level * x;
      sumY += level * y;
      sumXX += level * x * x;
      sumXY += level * x * y;
      sumYY += level * y * y;
    });
    const [acrossX, acrossY] = [sumXX - (sumX * sumX) / mass, sumYY - (sumY * sumY) / mass];
    return acrossY <= MIN_MOMENT_RATIO * acrossX ? 0 : (sumXY - (sumX * sumY) / mass) / acrossY;
  }

  function sheared(strokes, slant) {
    const { data, width, height } = strokes;
    const room = Math.ceil((Math.abs(slant) * height) / 2);
    const found = gray(width + 2 * room, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < found.width; x++) {
        const from = x + slant * y - ((slant * height) / 2 + room);
        const left = Math.floor(from);
        const at = (u) => (u >= 0 && u < width ? data[y * width + u] : 0);
        found.data[y * found.width + x] = at(left) * (1 - from + left) + at(left + 1) * (from - left) >= 0.5 ? 1 : 0;
      }
    }
    return found;
  }

  /** The distance of each pixel that is `inside` from the nearest one that is not, by steps of a knight's move at most. */
  function distances({ data, width, height }, inside) {
    const [straight, slantwise, knight] = [1, 1.4, 2.1969]; // OpenCV's, for a mask of 5 x 5
    const before = [
      [-1, -2, knight], [1, -2, knight], [-2, -1, knight], [-1, -1, slantwise], [0, -1, straight],
      [1, -1, slantwise], [2, -1, knight], [-1, 0, straight],
    ];
    const found = Float32Array.from(data, (value) => (value === inside ? 1e6 : 0));
    const visit = (x, y, sign) => {
      let least = found[y * width + x];
      if (least === 0) return;
      for (let number = 0; number < before.length; number++) {
        const step = before[number];
        const u = x + sign * step[0];
        const v = y + sign * step[1];
        if (u >= 0 && u < width && v >= 0 && v < height) least = Math.min(least, found[v * width + u] + step[2]);
      }
      found[y * width + x] = least;
    };
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y, 1);
    for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) visit(x, y, -1);
    return { data: found, width, height };
  }

  /** In pixels of the frame; a pixel at the edge has distance 1, but its centre lies half a pixel inside. */
  function thicknessOf(depth) {
    const sum = depth.data.reduce((total, distance) => total + distance, 0);
    const count = depth.data.reduce((total, distance) => total + (distance > 0 ? 1 : 0), 0);
    return (4 * (sum / Math.max(1, count) - 0.5)) / OVERSAMPLING;
  }

  /** Strokes with their edges moved outwards, or inwards, but never beyond a stroke's middle line. */
  function withOutlineMoved(strokes, depth, by) {
    const { width, height } = strokes;
    const outside = distances(strokes, 0).data;
    const isMiddle = (place) => {
      const [x, y] = [place % width, Math.floor(place / width)];
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
          if (depth.data[v * width + u] > depth.data[place]) return false;
        }
      }
      return depth.data[place] > 0;
    };
    return mapped(strokes, (_, place) => {
      const coverage = clamp(depth.data[place] - outside[place] + by + 0.5, 0, 1);
      return by < 0 && isMiddle(place) ? 255 : rint(255 * coverage);
    });
  }

  /** The digit with strokes like those of MNIST; one that is usual there stays as it is. */
  function normalized(digit) {
    const large = enlarged(digit);
    let strokes = binarized(large);
    const slant = slantOf(large);
    let depth = distances(strokes, 1);
    const thickness = thicknessOf(depth);
    const count = strokes.data.reduce((sum, value) => sum + value, 0);
    const darkness = large.data.reduce((sum, level, place) => sum + level * strokes.data[place], 0) / Math.max(1, count) / 255;
    const [isUpright, isUsual] = [isWithin(slant, USUAL.slant), isWithin(thickness, USUAL.thickness)];
    if (isUpright && isUsual && darkness >= USUAL.darkness) return digit;
    if (!isUpright) {
      strokes = sheared(strokes, slant - clamp(slant, ...WANTED.slant));
      depth = distances(strokes, 1);
    }
    const wanted = isUsual ? thickness : clamp(thickness, ...WANTED.thickness);
    const redrawn = withOutlineMoved(strokes, depth, ((wanted - thickness) * OVERSAMPLING) / 2);
    const box = boxOf(redrawn);
    return box ? cropped(redrawn, box) : digit;
  }

  function centred(digit) {
    let [mass, sumX, sumY] = [0, 0, 0];
    digit.data.forEach((level, place) => {
      mass += level;
      sumX += level * (place % digit.width);
      sumY += level * Math.floor(place / digit.width);
    });
    const start = (sum, size) => Math.min(Math.max(Math.ceil(MIDDLE - 0.5 - sum / mass), 0), SIDE - size);
    const [left, top] = [start(sumX, digit.width), start(sumY, digit.height)];
    const frame = new Uint8Array(SIDE * SIDE);
    digit.data.forEach((level, place) => {
      frame[(top + Math.floor(place / digit.width)) * SIDE + left + (place % digit.width)] = level;
    });
    return frame;
  }

  /**
   * @param {Gray} ink One digit, 0 = paper, 255 = ink.
   * @returns {Uint8Array | null} 784 levels, rows from the top; null where there is no ink.
   */
  function of(ink) {
    let box = boxOf(ink);
    if (box && Math.max(box.width, box.height) >= SOFT_EDGE_FROM) {
      ink = mapped(ink, (level) => (level > INVISIBLE_LEVEL ? level : 0));
      box = boxOf(ink);
    }
    if (!box) return null;
    const digit = withoutSpecks(cropped(ink, box));
    const strokes = normalized(cropped(digit, boxOf(digit)));
    const small = scaledTo(strokes, DIGIT_SIDE, "linear");
    const factor = 255 / Math.max(1, largest(small));
    return centred(small === strokes ? small : mapped(small, (level) => rint(level * factor)));
  }

  return { of, SIDE };
})();
