// @ts-check
// Grey pictures, and points followed from one to another by pyramidal Lucas-Kanade.
//
// As OpenCV does it (calcOpticalFlowPyrLK, resize by area, blur), in typed arrays: the numbers
// are to be those of formcheck/capture/trunk_motion.py, which has OpenCV itself.

/**
 * @typedef {object} Grey
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} data
 */

/** @typedef {{ width: number, height: number, data: Float32Array }} Fine */

/** @param {number} width @param {number} height @returns {Grey} */
const newGrey = (width, height) => ({ width, height, data: new Uint8Array(width * height) });

/** @param {number} value */
const byte = (value) => (value < 0 ? 0 : value > 255 ? 255 : Math.round(value));

/** Mirrored at the edge, whose own pixel is not said twice. @param {number} at @param {number} size */
function mirrored(at, size) {
  if (size === 1) return 0;
  const round = 2 * (size - 1);
  const place = ((at % round) + round) % round;
  return place < size ? place : round - place;
}

/** @param {ArrayLike<number>} rgba @param {number} width @param {number} height */
export function grey(rgba, width, height) {
  const out = newGrey(width, height);
  for (let i = 0, from = 0; i < out.data.length; i += 1, from += 4)
    out.data[i] = (9798 * rgba[from] + 19235 * rgba[from + 1] + 3735 * rgba[from + 2] + 16384) >> 15;
  return out;
}

/** @param {Grey} from @param {number} left @param {number} top @param {number} right @param {number} bottom */
export function part(from, left, top, right, bottom) {
  const out = newGrey(right - left, bottom - top);
  for (let y = 0; y < out.height; y += 1) {
    const begin = (top + y) * from.width + left;
    out.data.set(from.data.subarray(begin, begin + out.width), y * out.width);
  }
  return out;
}

/** Which pixels of a longer line make one of a shorter, and by how much. @param {number} long @param {number} short */
function shares(long, short) {
  const scale = long / short;
  return Array.from({ length: short }, (_, i) => {
    const begin = i * scale;
    const end = Math.min(begin + scale, long);
    const first = Math.floor(begin + 1e-9);
    const last = Math.min(Math.ceil(end - 1e-9), long);
    const weights = [];
    for (let k = first; k < last; k += 1) weights.push((Math.min(k + 1, end) - Math.max(k, begin)) / (end - begin));
    return { first, weights };
  });
}

/** Made smaller: each new pixel is the mean of its area. @param {Grey} from @param {number} width @param {number} height */
export function shrunk(from, width, height) {
  if (width === from.width && height === from.height) return from;
  const across = shares(from.width, width);
  const rows = new Float32Array(width * from.height);
  for (let y = 0; y < from.height; y += 1) {
    const line = y * from.width;
    for (let x = 0; x < width; x += 1) {
      const { first, weights } = across[x];
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1) sum += weights[k] * from.data[line + first + k];
      rows[y * width + x] = sum;
    }
  }
  const out = newGrey(width, height);
  shares(from.height, height).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1) sum += weights[k] * rows[(first + k) * width + x];
      out.data[y * width + x] = byte(sum);
    }
  });
  return out;
}

/**
 * The mean of the square of `side` pixels around each.
 * @param {{ width: number, height: number, data: ArrayLike<number> }} from
 * @param {number} side odd
 * @returns {Fine}
 */
export function blurred(from, side) {
  const { width, height } = from;
  const half = (side - 1) / 2;
  const rows = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    let sum = 0;
    const line = y * width;
    for (let k = -half; k <= half; k += 1) sum += from.data[line + mirrored(k, width)];
    for (let x = 0; x < width; x += 1) {
      rows[line + x] = sum;
      sum += from.data[line + mirrored(x + half + 1, width)] - from.data[line + mirrored(x - half, width)];
    }
  }
  const out = new Float32Array(width * height);
  for (let x = 0; x < width; x += 1) {
    let sum = 0;
    for (let k = -half; k <= half; k += 1) sum += rows[mirrored(k, height) * width + x];
    for (let y = 0; y < height; y += 1) {
      out[y * width + x] = sum / (side * side);
      sum += rows[mirrored(y + half + 1, height) * width + x] - rows[mirrored(y - half, height) * width + x];
    }
  }
  return { width, height, data: out };
}

/** Between pixels; beyond the edge mirrored, the edge itself twice. @param {Fine} from @param {number} x @param {number} y */
export function sampled({ width, height, data }, x, y) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const [h, v] = [x - left, y - top];
  /** @param {number} at @param {number} size */
  const inside = (at, size) => {
    const place = ((at % (2 * size)) + 2 * size) % (2 * size);
    return place < size ? place : 2 * size - 1 - place;
  };
  const [x0, x1] = [inside(left, width), inside(left + 1, width)];
  const [y0, y1] = [inside(top, height) * width, inside(top + 1, height) * width];
  return (1 - v) * ((1 - h) * data[y0 + x0] + h * data[y0 + x1]) + v * ((1 - h) * data[y1 + x0] + h * data[y1 + x1]);
}

// ------------------------------------------------------------------- Lucas-Kanade

const WINDOW = 15;
const HALF = (WINDOW - 1) / 2;
const EDGE = WINDOW + 1;
const AREA = WINDOW * WINDOW;
const MOST_STEPS = 12;
const SMALL_STEP_PX = 0.02;
// Derivatives are 32 times the slope, as Scharr's are; OpenCV's limits go by that.
const UNIT = 1 / 2 ** 20;
const LEAST_TEXTURE = 1e-4;
const FLAT = 1.2e-7;

/**
 * One level of a pyramid: the picture with an edge all around, and its slopes.
 * @typedef {object} Level
 * @property {Grey} picture
 * @property {number} stride
 * @property {Float32Array} values
 * @property {Float32Array} across
 * @property {Float32Array} down
 */

/** @param {Grey} picture @returns {Level} */
function level(picture) {
  const { width, height, data } = picture;
  const stride = width + 2 * EDGE;
  const values = new Float32Array(stride * (height + 2 * EDGE));
  for (let y = -EDGE; y < height + EDGE; y += 1) {
    const from = mirrored(y, height) * width;
    const to = (y + EDGE) * stride + EDGE;
    for (let x = -EDGE; x < 0; x += 1) values[to + x] = data[from + mirrored(x, width)];
    for (let x = 0; x < width; x += 1) values[to + x] = data[from + x];
    for (let x = width; x < width + EDGE; x += 1) values[to + x] = data[from + mirrored(x, width)];
  }
  const across = new Float32Array(values.length);
  const down = new Float32Array(values.length);
  for (let y = 0; y < height; y += 1) {
    let at = (y + EDGE) * stride + EDGE;
    for (let x = 0; x < width; x += 1, at += 1) {
      const [a, b, c] = [values[at - stride - 1], values[at - stride], values[at - stride + 1]];
      const [d, f] = [values[at - 1], values[at + 1]];
      const [g, h, i] = [values[at + stride - 1], values[at + stride], values[at + stride + 1]];
      across[at] = 3 * (c - a) + 10 * (f - d) + 3 * (i - g);
      down[at] = 3 * (g - a) + 10 * (h - b) + 3 * (i - c);
    }
  }
  return { picture, stride, values, across, down };
}

/** Half as large. @param {Grey} from */
function halved(from) {
  const { width, height, data } = from;
  const out = newGrey((width + 1) >> 1, (height + 1) >> 1);
  const rows = new Float32Array(out.width * height);
  for (let y = 0; y < height; y += 1) {
    const line = y * width;
    for (let x = 0; x < out.width; x += 1) {
      const at = 2 * x;
      const inner = at >= 2 && at + 2 < width;
      const [p, q, s, t] = inner
        ? [at - 2, at - 1, at + 1, at + 2]
        : [at - 2, at - 1, at + 1, at + 2].map((k) => mirrored(k, width));
      rows[y * out.width + x] =
        data[line + p] + data[line + t] + 4 * (data[line + q] + data[line + s]) + 6 * data[line + at];
    }
  }
  for (let y = 0; y < out.height; y += 1) {
    const at = 2 * y;
    const [p, q, m, s, t] = [at - 2, at - 1, at, at + 1, at + 2].map((k) => mirrored(k, height) * out.width);
    for (let x = 0; x < out.width; x += 1) {
      const sum = rows[p + x] + rows[t + x] + 4 * (rows[q + x] + rows[s + x]) + 6 * rows[m + x];
      out.data[y * out.width + x] = (sum + 128) >> 8;
    }
  }
  return out;
}

/** A picture ready to be followed in: its levels, the largest first. @param {Grey} picture @param {number} most */
export function pyramid(picture, most) {
  const levels = [level(picture)];
  let smaller = picture;
  while (levels.length <= most) {
    if ((smaller.width + 1) >> 1 <= WINDOW || (smaller.height + 1) >> 1 <= WINDOW) break;
    smaller = halved(smaller);
    levels.push(level(smaller));
  }
  return levels;
}

/** The window whose upper left corner is at x, y. @param {Float32Array} from @param {number} stride @param {number} x @param {number} y @param {Float32Array} into */
function cut(from, stride, x, y, into) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [h, v] = [x - left, y - top];
  const [a, b, c, d] = [(1 - h) * (1 - v), h * (1 - v), (1 - h) * v, h * v];
  let to = 0;
  for (let row = 0; row < WINDOW; row += 1) {
    let at = (top + row + EDGE) * stride + left + EDGE;
    for (let column = 0; column < WINDOW; column += 1, at += 1, to += 1)
      into[to] = a * from[at] + b * from[at + 1] + c * from[at + stride] + d * from[at + stride + 1];
  }
}

/** Whether a window there is within the picture's edge. @param {Level} at @param {number} x @param {number} y */
const within = ({ picture }, x, y) =>
  Math.floor(x) >= -WINDOW && Math.floor(x) < picture.width && Math.floor(y) >= -WINDOW && Math.floor(y) < picture.height;

const [BEFORE, AFTER, ACROSS, DOWN] = [0, 1, 2, 3].map(() => new Float32Array(AREA));

/**
 * Where points of one picture are in another, and how unlike they look there.
 * @param {Level[]} before
 * @param {Level[]} after of the same size
 * @param {Float64Array} points x, y of each, in pixels
 * @param {Float64Array} guess where they may be
 * @returns {{ found: Float64Array, unlike: Float64Array }} unlike: the mean difference of the
 *   windows in grey levels, Infinity = not found
 */
export function followed(before, after, points, guess) {
  const found = new Float64Array(points.length);
  const unlike = new Float64Array(points.length / 2).fill(Infinity);
  for (let i = 0; i < points.length; i += 2) {
    const place = follow(before, after, points[i], points[i + 1], guess[i], guess[i + 1]);
    [found[i], found[i + 1], unlike[i / 2]] = place;
  }
  return { found, unlike };
}

/**
 * From the smallest level to the picture itself, each time from where the one before has led.
 * @param {Level[]} before @param {Level[]} after
 * @param {number} fromX @param {number} fromY @param {number} guessX @param {number} guessY
 * @returns {[number, number, number]} x, y and how unlike it looks there
 */
function follow(before, after, fromX, fromY, guessX, guessY) {
  const top = before.length - 1;
  let [x, y, good] = [guessX / 2 ** top, guessY / 2 ** top, true];
  for (let number = top; number >= 0; number -= 1) {
    const size = 2 ** number;
    [x, y, good] = closer(before[number], after[number], fromX / size - HALF, fromY / size - HALF, x, y);
    if (number) [x, y] = [2 * x, 2 * y];
  }
  if (!good || !within(after[0], x - HALF, y - HALF)) return [x, y, Infinity];
  cut(after[0].values, after[0].stride, x - HALF, y - HALF, AFTER);
  let off = 0;
  for (let k = 0; k < AREA; k += 1) off += Math.abs(AFTER[k] - BEFORE[k]);
  return [x, y, off / AREA];
}

/**
 * Steps towards where the window is, on one level.
 * @param {Level} here @param {Level} there
 * @param {number} startX of the window's corner
 * @param {number} startY
 * @param {number} x of its middle, as far as is known
 * @param {number} y
 * @returns {[number, number, boolean]} x, y, and whether it could be looked for
 */
function closer(here, there, startX, startY, x, y) {
  if (!within(here, startX, startY)) return [x, y, false];
  const slopes = windowSlopes(here, startX, startY);
  if (!slopes) return [x, y, false];
  let before = [0, 0];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if (!within(there, x - HALF, y - HALF)) return [x, y, false];
    cut(there.values, there.stride, x - HALF, y - HALF, AFTER);
    const [dx, dy] = nextStep(slopes);
    [x, y] = [x + dx, y + dy];
    if (dx * dx + dy * dy <= SMALL_STEP_PX ** 2) break;
    // It swings between two places: the middle is the better one.
    if (step && Math.abs(dx + before[0]) < 0.01 && Math.abs(dy + before[1]) < 0.01) return [x - dx / 2, y - dy / 2, true];
    before = [dx, dy];
  }
  return [x, y, true];
}

/** Products of the slopes in the window, which is cut out; null where it has no texture. @param {Level} here @param {number} x @param {number} y */
function windowSlopes(here, x, y) {
  cut(here.values, here.stride, x, y, BEFORE);
  cut(here.across, here.stride, x, y, ACROSS);
  cut(here.down, here.stride, x, y, DOWN);
  let [xx, xy, yy] = [0, 0, 0];
  for (let k = 0; k < AREA; k += 1) {
    xx += ACROSS[k] * ACROSS[k];
    xy += ACROSS[k] * DOWN[k];
    yy += DOWN[k] * DOWN[k];
  }
  [xx, xy, yy] = [UNIT * xx, UNIT * xy, UNIT * yy];
  const size = xx * yy - xy * xy;
  const texture = (xx + yy - Math.sqrt((xx - yy) ** 2 + 4 * xy * xy)) / (2 * AREA);
  return texture < LEAST_TEXTURE || size < FLAT ? null : { xx, xy, yy, size };
}

/** The step that makes the two windows most alike. @param {{ xx: number, xy: number, yy: number, size: number }} slopes */
function nextStep({ xx, xy, yy, size }) {
  let [x, y] = [0, 0];
  for (let k = 0; k < AREA; k += 1) {
    const off = AFTER[k] - BEFORE[k];
    x += off * ACROSS[k];
    y += off * DOWN[k];
  }
  [x, y] = [32 * UNIT * x, 32 * UNIT * y];
  return [(xy * y - yy * x) / size, (xy * x - xx * y) / size];
}
