// @ts-check
// How clothes and skin over the lower trunk move in the pictures of somebody on the side: what
// tells that a pelvis rolls. formcheck/capture/trunk_motion.py says how and why; this does the
// same, number by number, where the pictures do not leave the page.

import { blurred, followed, grey, part, pyramid, sampled, shrunk } from "./optical_flow.js";

/** @import { Grey, Fine } from "./optical_flow.js" */

/**
 * As TrunkMotion of formcheck/engine/pose.py.
 * @typedef {object} Motion
 * @property {number} run
 * @property {Float64Array} moved x, y of each band, pixels
 * @property {Float64Array} error of each band, pixels
 * @property {Float64Array} texture of each band, 0..1
 */

/** @typedef {[number, number]} Point */

const BANDS = [0.15, 0.3, 0.45, 0.6];
const TRUNK_PX = 80;
const ROOM_PX = 240;
const ROWS = [-0.05, 0, 0.05];
const COLUMNS = [-0.24, -0.16, -0.08, 0, 0.08, 0.16, 0.24];
const BAND_SIZE = ROWS.length * COLUMNS.length;
const ROOM_GRID = [10, 7];
const ROOM_MARGIN = 0.4;
const MARGIN = 0.4;
const WINDOW_PX = 15;
const LEVELS = 2;
const RETURN_PX = 0.7;
const UNLIKE = 0.8;
const PLAIN = 2.5;
const BROAD_PX = 13;
const DETAIL_PX = 5;
const BARE = 0.7;
const BAND_POINTS = 4;
const ROOM_POINTS = 8;
const ROOM_AGREE = 0.5;
const ROOM_AGREE_PX = 0.75;
const TREMBLES = 0.006;
const TREMBLE_PICTURES = 16;
const KEPT = 0.5;
const KEY_S = 0.2;
const OVERLAP = 3;
const LEAST_ERROR_PX = 0.08;
const GUESS = 0.1;
const FASTEST = 1.5;
const NOISE = 0.04;
const LOST_S = 1;

const [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP] = [11, 12, 23, 24];

// The logarithm: more light adds the same everywhere.
const BRIGHTNESS = Uint8Array.from({ length: 256 }, (_, i) => Math.round(90 * Math.log((i + 16) / 16)));

/** A picture, where the landmarks are in it, and when it was taken. @typedef {{ picture: Grey, xy: Float64Array, time_s: number }} Moment */

/** What was seen up to a moment. @typedef {{ moment: Moment, moved: Float64Array, error: Float64Array, texture: Float64Array }} Seen */

/** Follows the trunk of one person through the pictures of one stream. */
export class TrunkFollower {
  constructor() {
    this.run = -1;
    /** @type {Key | null} */
    this.key = null;
    /** @type {Seen | null} */
    this.last = null;
    /** @type {Point[]} */
    this.way = [];
  }

  /** Another person, or another picture: what comes is a new run. */
  forget() {
    this.key = this.last = null;
  }

  /**
   * The motion up to this picture; null when it cannot be told.
   * @param {ArrayLike<number>} rgba
   * @param {number} width
   * @param {number} height
   * @param {Float64Array} xy x, y of the 33 landmarks in pixels of it, NaN = not to be trusted
   * @param {number} time_s
   * @param {boolean} lying whether the person lies on the side, where that is known
   * @returns {Motion | null}
   */
  follow(rgba, width, height, xy, time_s, lying) {
    if (this.last && time_s - this.last.moment.time_s > LOST_S) this.forget();
    const axis = trunk(xy);
    if (!axis) return null;
    // In mid-rep a posture is not always told: once begun, a flat trunk will do.
    if (Math.abs(axis[1]) > Math.abs(axis[0]) || (!this.key && !lying)) {
      this.forget();
      return null;
    }
    const moment = { picture: grey(rgba, width, height), xy, time_s };
    const { key, last } = this;
    if (!key || !last || last.moment.picture.width !== width || last.moment.picture.height !== height)
      return this.begin(moment);
    return this.goOn(key, last, moment);
  }

  /** @param {Moment} moment */
  begin(moment) {
    this.run += 1;
    this.way = [];
    const seen = {
      moment,
      moved: new Float64Array(2 * BANDS.length),
      error: new Float64Array(BANDS.length),
      texture: new Float64Array(BANDS.length).fill(NaN),
    };
    return this.given(seen, new Key(seen));
  }

  /** @param {Key} key @param {Seen} last @param {Moment} moment */
  goOn(key, last, moment) {
    let found = key.seenIn(moment);
    if (!found) return null;
    if ((few(found) || key.worn) && last.moment.time_s - key.time_s >= KEY_S) {
      key = new Key(filled(last, key.trunk_px));
      found = key.seenIn(moment);
      if (!found || few(found)) return this.begin(moment);
    }
    if (few(found)) return null;
    if (leaps(found, last, key.trunk_px)) return this.begin(moment);
    return this.given(found, key);
  }

  /** @param {Seen} seen @param {Key} key */
  given(seen, key) {
    this.key = key;
    this.last = seen;
    this.way.push(middleWay(seen.moved));
    if (this.way.length > TREMBLE_PICTURES) this.way.shift();
    if (!key.roomSeen && this.trembles(key.trunk_px)) return null;
    const { moved, error, texture } = seen;
    return { run: this.run, moved, error, texture };
  }

  /** Whether the trunk of late goes to and fro as only a camera does. @param {number} trunk_px */
  trembles(trunk_px) {
    const { way } = this;
    const changes = way.slice(2).map(([x, y], i) => Math.hypot(x - 2 * way[i + 1][0] + way[i][0], y - 2 * way[i + 1][1] + way[i][1]));
    return changes.length > 0 && median(changes) > TREMBLES * trunk_px;
  }
}

/** Whether most bands are lost. @param {Seen} seen */
const few = ({ error }) => error.filter(Number.isNaN).length > error.length / 2;

/** The same with the lost bands guessed from the others. @param {Seen} seen @param {number} trunk_px @returns {Seen} */
function filled(seen, trunk_px) {
  const middle = middleWay(seen.moved);
  const moved = seen.moved.map((value, i) => (Number.isNaN(seen.error[i >> 1]) ? middle[i % 2] : value));
  const error = seen.error.map((value) => (Number.isNaN(value) ? GUESS * trunk_px : value));
  return { ...seen, moved, error };
}

/** Whether a band went further since then than a trunk can. @param {Seen} seen @param {Seen} last @param {number} trunk_px */
function leaps(seen, last, trunk_px) {
  const most = NOISE + FASTEST * (seen.moment.time_s - last.moment.time_s);
  return BANDS.some((_, i) => {
    const [x, y] = [2 * i, 2 * i + 1];
    return Math.hypot(seen.moved[x] - last.moved[x], seen.moved[y] - last.moved[y]) / trunk_px > most;
  });
}

/** A moment that later ones are compared with, and the points looked for in them. */
class Key {
  /** @param {Seen} seen */
  constructor(seen) {
    this.seen = seen;
    const { picture, xy, time_s } = seen.moment;
    this.time_s = time_s;
    const axis = /** @type {Point} */ (trunk(xy));
    this.trunk_px = Math.hypot(...axis);
    const hips = middle(xy, LEFT_HIP, RIGHT_HIP);
    const grid = BANDS.flatMap((band) =>
      ROWS.flatMap((row) =>
        COLUMNS.flatMap((column) => [
          hips[0] + (band + row) * axis[0] - column * axis[1],
          hips[1] + (band + row) * axis[1] + column * axis[0],
        ]),
      ),
    );
    this.body = new Points(picture, Float64Array.from(grid), TRUNK_PX / this.trunk_px, MARGIN * this.trunk_px);
    const room = beside(xy, picture, ROOM_MARGIN * this.trunk_px);
    this.room = new Points(picture, room, ROOM_PX / Math.max(picture.width, picture.height), NaN);
    this.best = this.kept = 0;
    this.roomSeen = false;
  }

  /** Whether many of the points that could be followed at first are lost. */
  get worn() {
    return this.kept < KEPT * this.best;
  }

  /** The motion up to another moment, on top of the key's own; null = the room is lost. @param {Moment} moment @returns {Seen | null} */
  seenIn(moment) {
    const there = this.room.lookFor(moment.picture);
    this.roomSeen = there.good.filter(Boolean).length >= ROOM_POINTS;
    const room = roomMotion(this.room.start, there.found, there.good, ROOM_AGREE_PX / this.room.scale);
    if (!room) return null;
    const { found, good } = this.body.lookFor(moment.picture);
    this.kept = good.filter(Boolean).length;
    this.best = Math.max(this.best, this.kept);
    const { shared, whole } = this.body.detail();
    const moved = new Float64Array(2 * BANDS.length).fill(NaN);
    const error = new Float64Array(BANDS.length).fill(NaN);
    const texture = new Float64Array(BANDS.length).fill(NaN);
    BANDS.forEach((_, band) => {
      const kept = Array.from({ length: BAND_SIZE }, (_one, i) => band * BAND_SIZE + i).filter((i) => good[i]);
      if (kept.length < BAND_POINTS) return;
      const steps = kept.map((i) => {
        const [x, y] = similar(room, this.body.start[2 * i], this.body.start[2 * i + 1]);
        return [found[2 * i] - x, found[2 * i + 1] - y];
      });
      const scatter = [0, 1].map((axis) => {
        const way = steps.map((step) => step[axis]);
        const mid = median(way);
        moved[2 * band + axis] = this.seen.moved[2 * band + axis] + mid;
        return 1.48 * median(way.map((value) => Math.abs(value - mid)));
      });
      const own = Math.hypot(
        (1.25 * Math.max(...scatter)) / Math.sqrt(kept.length / OVERLAP),
        LEAST_ERROR_PX / this.body.scale,
      );
      error[band] = Math.hypot(this.seen.error[band], own);
      texture[band] = Math.max(sum(kept.map((i) => shared[i])) / sum(kept.map((i) => whole[i])), 0);
    });
    return { moment, moved, error, texture };
  }
}

/** Points of one picture that are looked for in others, from where they were last. */
class Points {
  /**
   * @param {Grey} picture
   * @param {Float64Array} start x, y of each, pixels
   * @param {number} scale in which they are looked for, never enlarged
   * @param {number} margin_px how far beyond the points is looked; NaN = the whole picture
   */
  constructor(picture, start, scale, margin_px) {
    this.start = start;
    this.scale = Math.min(scale, 1);
    const { width, height } = picture;
    this.box = [0, 0, width, height];
    if (!Number.isNaN(margin_px)) {
      /** @param {number} axis */
      const along = (axis) => start.filter((_, i) => i % 2 === axis);
      const [x, y] = [along(0), along(1)];
      /** @param {number} value @param {number} most */
      const clipped = (value, most) => Math.trunc(Math.min(Math.max(value, 0), most));
      const left = clipped(Math.min(...x) - margin_px, width - 2);
      const top = clipped(Math.min(...y) - margin_px, height - 2);
      const right = Math.max(Math.trunc(Math.max(...x) + margin_px), left + 2);
      const bottom = Math.max(Math.trunc(Math.max(...y) + margin_px), top + 2);
      this.box = [left, top, Math.min(right, width), Math.min(bottom, height)];
    }
    this.picture = this.prepared(picture);
    this.now = this.picture;
    this.levels = pyramid(this.picture, LEVELS);
    this.first = start.map((value, i) => (value - this.box[i % 2]) * this.scale);
    this.last = this.first.slice();
    const contrast = contrasts(this.picture, this.first);
    this.told = Array.from(contrast, (value) => value >= PLAIN);
    this.mostUnlike = contrast.map((value) => UNLIKE * value);
    /** @type {Float32Array[] | null} */
    this.fine = null;
  }

  /** Where they are in another picture, in its pixels, and which of them were found. @param {Grey} picture */
  lookFor(picture) {
    this.now = this.prepared(picture);
    const number = this.told.length;
    const good = Array.from({ length: number }, () => false);
    const asked = [...this.told.keys()].filter((i) => this.told[i]);
    if (asked.length) {
      const levels = pyramid(this.now, LEVELS);
      /** @param {Float64Array} from */
      const those = (from) => Float64Array.from(asked.flatMap((i) => [from[2 * i], from[2 * i + 1]]));
      const first = those(this.first);
      const { found, unlike } = followed(this.levels, levels, first, those(this.last));
      const back = followed(levels, this.levels, found, first).found;
      asked.forEach((i, k) => {
        const off = Math.hypot(back[2 * k] - first[2 * k], back[2 * k + 1] - first[2 * k + 1]);
        if (!(unlike[k] < this.mostUnlike[i] && off < RETURN_PX)) return;
        good[i] = true;
        this.last[2 * i] = found[2 * k];
        this.last[2 * i + 1] = found[2 * k + 1];
      });
    }
    return { found: this.last.map((value, i) => value / this.scale + this.box[i % 2]), good };
  }

  /** Around each point: the fine detail that both pictures share, and all there is. */
  detail() {
    this.fine ??= windows(fine(this.picture), this.first);
    const before = this.fine;
    const after = windows(fine(this.now), this.last);
    const shared = before.map((window, i) => mean(window.map((value, k) => value * after[i][k])));
    const whole = before.map(
      (window, i) => Math.sqrt(mean(window.map((v) => v * v)) * mean(after[i].map((v) => v * v))) + BARE ** 2,
    );
    return { shared, whole };
  }

  /** @param {Grey} picture */
  prepared(picture) {
    const [left, top, right, bottom] = this.box;
    return flattened(part(picture, left, top, right, bottom), this.scale);
  }
}

/** In another size, without its exposure and broad shading. @param {Grey} picture @param {number} scale */
function flattened(picture, scale) {
  const { width, height } = picture;
  if (scale < 1) {
    const size = [width, height].map((value) => Math.max(even(value * scale), 1));
    if (scale <= 0.5) picture = shrunk(picture, width >> 1, height >> 1);
    picture = shrunk(picture, size[0], size[1]);
  }
  const bright = { ...picture, data: picture.data.map((value) => BRIGHTNESS[value]) };
  const broad = blurred(bright, BROAD_PX).data;
  const data = bright.data.map((value, i) => Math.min(Math.max(Math.round(1.5 * (value - Math.round(broad[i])) + 128), 0), 255));
  return { ...bright, data };
}

/** Rounded, halves to the even number, as Python does. @param {number} value */
function even(value) {
  const down = Math.floor(value);
  const off = value - down;
  if (off === 0.5) return down % 2 ? down + 1 : down;
  return Math.round(value);
}

/** What is left without all that is broader. @param {Grey} picture @returns {Fine} */
function fine(picture) {
  const broad = blurred(picture, DETAIL_PX);
  return { ...broad, data: broad.data.map((value, i) => picture.data[i] - value) };
}

/** What is seen around each point; every second pixel is enough. @param {Fine} picture @param {Float64Array} points */
function windows(picture, points) {
  const half = WINDOW_PX >> 1;
  const side = half + 1;
  return Array.from({ length: points.length / 2 }, (_, i) =>
    Float32Array.from({ length: side * side }, (_one, k) =>
      sampled(picture, points[2 * i] + 2 * (k % side) - half, points[2 * i + 1] + 2 * Math.floor(k / side) - half),
    ),
  );
}

/** Mean distance from the middle grey in the windows around points. @param {Grey} picture @param {Float64Array} points */
function contrasts(picture, points) {
  const { width, height } = picture;
  const off = blurred({ ...picture, data: picture.data.map((value) => Math.abs(value - 128)) }, WINDOW_PX).data;
  return Float64Array.from({ length: points.length / 2 }, (_, i) => {
    const column = Math.min(Math.max(even(points[2 * i]), 0), width - 1);
    const row = Math.min(Math.max(even(points[2 * i + 1]), 0), height - 1);
    return off[row * width + column];
  });
}

/** Points of a grid over the picture that are not on the person. @param {Float64Array} xy @param {Grey} picture @param {number} margin */
function beside(xy, { width, height }, margin) {
  const seen = [0, 1].map((axis) => xy.filter((value, i) => i % 2 === axis && !Number.isNaN(value)));
  const low = seen.map((values) => Math.min(...values) - margin);
  const high = seen.map((values) => Math.max(...values) + margin);
  const [columns, rows] = ROOM_GRID;
  const grid = [];
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const x = 10 + ((width - 20) * column) / (columns - 1);
      const y = 10 + ((height - 20) * row) / (rows - 1);
      if (!(x > low[0] && x < high[0] && y > low[1] && y < high[1])) grid.push(x, y);
    }
  return Float64Array.from(grid);
}

/** Shift, turn and scale: x + iy -> (ar + i ai) (x + iy) + br + i bi. @typedef {[number, number, number, number]} Similarity */

/** @param {Similarity} motion @param {number} x @param {number} y @returns {Point} */
const similar = ([ar, ai, br, bi], x, y) => [ar * x - ai * y + br, ar * y + ai * x + bi];

/**
 * How the room moved in the picture; null when its points do not agree. A room without points
 * stands still for all one knows.
 * @param {Float64Array} start @param {Float64Array} found @param {boolean[]} good @param {number} agree_px
 * @returns {Similarity | null}
 */
function roomMotion(start, found, good, agree_px) {
  const kept = [...good.keys()].filter((i) => good[i]);
  /** @type {Similarity} */
  let motion = [1, 0, 0, 0];
  if (kept.length < ROOM_POINTS) return motion;
  /** @param {Float64Array} from @returns {Point[]} */
  const those = (from) => kept.map((i) => [from[2 * i], from[2 * i + 1]]);
  const [z, w] = [those(start), those(found)];
  // First the shift of most, then all that nearly fits it, weighted by how well.
  const shift = [0, 1].map((axis) => median(w.map((one, i) => one[axis] - z[i][axis])));
  let off = w.map(([x, y], i) => Math.hypot(x - z[i][0] - shift[0], y - z[i][1] - shift[1]));
  for (let round = 0; round < 4; round += 1) {
    const width = 2 * Math.max(1.48 * median(off), 0.15);
    const raw = off.map((value) => 1 / (1 + (value / width) ** 2) ** 2);
    const all = sum(raw);
    const weight = raw.map((value) => value / all);
    /** @param {Point[]} points @param {number} axis */
    const centre = (points, axis) => sum(points.map((point, i) => weight[i] * point[axis]));
    const [zx, zy, wx, wy] = [centre(z, 0), centre(z, 1), centre(w, 0), centre(w, 1)];
    let [spread, real, imaginary] = [0, 0, 0];
    z.forEach(([x, y], i) => {
      const [u, v, p, q] = [x - zx, y - zy, w[i][0] - wx, w[i][1] - wy];
      spread += weight[i] * (u * u + v * v);
      real += weight[i] * (p * u + q * v);
      imaginary += weight[i] * (q * u - p * v);
    });
    const [ar, ai] = [real / Math.max(spread, 1e-9), imaginary / Math.max(spread, 1e-9)];
    motion = [ar, ai, wx - ar * zx + ai * zy, wy - ar * zy - ai * zx];
    off = z.map(([x, y], i) => {
      const [nowX, nowY] = similar(motion, x, y);
      return Math.hypot(nowX - w[i][0], nowY - w[i][1]);
    });
  }
  return off.filter((value) => value < agree_px).length / off.length >= ROOM_AGREE ? motion : null;
}

/** From the middle of the hips to that of the shoulders, null when not seen. @param {Float64Array} xy @returns {Point | null} */
function trunk(xy) {
  const hips = middle(xy, LEFT_HIP, RIGHT_HIP);
  const shoulders = middle(xy, LEFT_SHOULDER, RIGHT_SHOULDER);
  /** @type {Point} */
  const axis = [shoulders[0] - hips[0], shoulders[1] - hips[1]];
  return Math.hypot(...axis) > 1 ? axis : null;
}

/** @param {Float64Array} xy @param {number} one @param {number} other @returns {Point} */
const middle = (xy, one, other) => [(xy[2 * one] + xy[2 * other]) / 2, (xy[2 * one + 1] + xy[2 * other + 1]) / 2];

/** The middle of the ways of the bands that are not lost. @param {Float64Array} moved @returns {Point} */
function middleWay(moved) {
  const [x, y] = [0, 1].map((axis) => median([...moved].filter((v, i) => i % 2 === axis && !Number.isNaN(v))));
  return [x, y];
}

/** @param {number[]} values */
function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  return 0.5 * (ordered[(ordered.length - 1) >> 1] + ordered[ordered.length >> 1]);
}

/** @param {ArrayLike<number>} values */
function sum(values) {
  let all = 0;
  for (let i = 0; i < values.length; i += 1) all += values[i];
  return all;
}

/** @param {ArrayLike<number>} values */
const mean = (values) => sum(values) / values.length;
