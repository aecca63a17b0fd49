// Makes ink of a picture that shows one drawn digit, such as a screenshot, a scan or an image of MNIST: dark on light or light
// on dark, or on nothing. Shadows and uneven light are left to digitnet itself.

const Picture = (() => {
  const MIN_CONTRAST = 40; // levels of 255 between ink and paper; chosen by hand, for faint pencil has 60
  const NOISE_SHARE = 0.15; // of the greatest contrast, which is no ink yet: the grain of a scan; chosen by hand
  const MAX_INK_SHARE = 0.4; // of all pixels; a digit has up to a third where it fills its picture, a shadow has half

  /** The middle one of all levels along the four edges. */
  function levelOfPaper(levels, width, height) {
    const edges = levels.filter((_, place) => {
      const [x, y] = [place % width, Math.floor(place / width)];
      return x === 0 || y === 0 || x === width - 1 || y === height - 1;
    });
    return edges.sort()[edges.length >> 1];
  }

  /** Levels of grey on paper of white, and how opaque each pixel is. */
  function levelsOf({ data, width, height }) {
    const [gray, alpha] = [new Uint8Array(width * height), new Uint8Array(width * height)];
    gray.forEach((_, place) => {
      const [red, green, blue, opaque] = data.subarray(4 * place, 4 * place + 4);
      gray[place] = Math.round(((0.299 * red + 0.587 * green + 0.114 * blue) * opaque) / 255 + 255 - opaque);
      alpha[place] = opaque;
    });
    return [gray, alpha];
  }

  /**
   * @param {ImageData} picture
   * @returns {{ink: Uint8Array | null, trouble: string | null}} 0 = paper, 255 = ink; or why there is none.
   */
  function inkOf(picture) {
    const { width, height } = picture;
    for (const levels of levelsOf(picture)) {
      const paper = levelOfPaper(levels, width, height);
      const contrast = levels.map((level) => Math.abs(level - paper));
      const most = contrast.reduce((greatest, one) => Math.max(greatest, one), 0);
      if (most < MIN_CONTRAST) continue; // light ink on nothing is seen by how opaque it is
      const ink = contrast.map((one) => Math.round(Math.max(0, one / most - NOISE_SHARE) * (255 / (1 - NOISE_SHARE))));
      const share = ink.reduce((count, level) => count + (level > 127 ? 1 : 0), 0) / ink.length;
      return share > MAX_INK_SHARE
        ? { ink: null, trouble: "This looks like a photograph with shadows. digitnet predict reads those; here a scan or a drawing is read." }
        : { ink, trouble: null };
    }
    return { ink: null, trouble: "Nothing is drawn in this picture." };
  }

  return { inkOf };
})();
