// @ts-check
// Draws the skeleton, the judged angle and the callouts over the camera's picture. What is
// judged comes with the answer; this only draws it.

import { COLOURS } from "./colours.js";
import { context2d } from "../dom.js";
import { Target } from "./figure.js";
import { clamp, degrees, grown, mix, overlap, square, turn, within } from "./geometry.js";
import { Places } from "./labels.js";

/** @import { Angle, Box, Callout, Ghost, Maybe, Point, State } from "./types" */
/** @typedef {Box & { size: number }} TextBox */
/** @typedef {{ group: Callout[], lines: string[], box: TextBox }} Label */
/** @typedef {[number, number][]} Pairs */

// An arc that differs more from the number beside it is not drawn.
const ARC_TOLERANCE_DEG = 20;
// More cannot be read while moving, and one is spoken of at a time; the joints are all marked.
const MOST_LABELS = 1;
// Room for the sign of a marked fault, in sizes of its text.
const SIGN = 1.6;
const ANGLE_TURNS = [0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, Math.PI];

/** @type {Pairs} */
const LEFT_BONES = [[11, 13], [13, 15], [11, 23], [23, 25], [25, 27], [27, 29], [29, 31], [27, 31]];
/** @type {Pairs} */
const RIGHT_BONES = LEFT_BONES.map(([a, b]) => [a + 1, b + 1]);
/** @type {Pairs} */
const MIDDLE_BONES = [[11, 12], [23, 24]];
const BONES = [...LEFT_BONES, ...RIGHT_BONES, ...MIDDLE_BONES];
const DOTS = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 31, 32];

export class Drawing {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = context2d(canvas);
    // The picture in px, a hundredth of its height, and what of it may be written on.
    this.width = this.height = this.unit = 0;
    /** @type {Box} */
    this.area = { x: 0, y: 0, width: 0, height: 0 };
    this.font = "";
    // Whether the angle is that from the straight limb; unknown at first.
    /** @type {boolean | undefined} */
    this.flexion = undefined;
    this.places = new Places();
    this.target = new Target();
    this.angleTurn = 0;
  }

  /**
   * The canvas lies over the picture, with as many dots as the screen shows of it.
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(width * dots);
    this.canvas.height = Math.round(height * dots);
    this.context.setTransform(dots, 0, 0, dots, 0, 0);
    Object.assign(this, { width, height, unit: Math.min(height, 1.1 * width) / 100 });
    const edge = 2 * this.unit;
    this.area = { x: edge, y: edge, width: width - 2 * edge, height: height - 2 * edge };
    this.font = getComputedStyle(this.canvas).fontFamily;
  }

  clear() {
    this.context.clearRect(0, 0, this.width, this.height);
  }

  /**
   * Where the landmarks lie on the canvas; null where one is not seen.
   * @param {State["landmarks"]} landmarks
   * @param {boolean} mirrored
   */
  points(landmarks, mirrored) {
    return (landmarks ?? []).map(([x, y]) =>
      x === null || y === null ? null : { x: (mirrored ? 1 - x : x) * this.width, y: y * this.height },
    );
  }

  /**
   * taken: boxes (px) on which other things stand.
   * @param {State} state
   * @param {Maybe<Point>[]} points
   * @param {Box[]} taken
   */
  state(state, points, taken) {
    if (!points.length) return;
    this.skeleton(points);
    if (state.stage !== "set") return;
    const shown = state.callouts.flatMap((callout) => {
      const at = points[callout.joint];
      return at ? [{ ...callout, at }] : [];
    });
    const marks = shown.map(({ at }) => square(at, 3.5 * this.unit));
    const boxes = [...taken, ...marks];
    const angle = state.angle && this.angle(points, state.angle, boxes);
    const labels = this.labels(points, shown, boxes);
    // Lines under joints, joints under words: a line never crosses a word.
    for (const { group, box } of labels) for (const callout of group) this.leader(callout.at, box, callout);
    for (const callout of shown) this.mark(callout.at, callout);
    if (angle) this.words([angle.text], angle, COLOURS.middle, "rgb(16 18 22 / .74)");
    for (const { group, box, lines } of labels) this.label(group[0], lines, box);
  }

  /** @param {Maybe<Point>[]} points */
  skeleton(points) {
    const thick = this.unit * 1.15;
    /** @param {Pairs} pairs @param {string} colour @param {number} width */
    const bones = (pairs, colour, width) => {
      for (const [a, b] of joined(points, pairs)) this.line(a, b, colour, width);
    };
    // Every outline goes under every colour, so that crossing limbs stay whole.
    bones(BONES, COLOURS.dark, thick * 1.75);
    bones(MIDDLE_BONES, COLOURS.middle, thick * 0.8);
    bones(LEFT_BONES, COLOURS.left, thick);
    bones(RIGHT_BONES, COLOURS.right, thick);
    for (const i of DOTS) {
      const at = points[i];
      if (!at) continue;
      this.disc(at, thick * 0.9, COLOURS.dark);
      this.disc(at, thick * 0.58, COLOURS.middle);
    }
  }

  // ------------------------------------------------------------ the judged angle

  /**
   * Draws the arc; gives the box of the number and its text, null when there is no room.
   * @param {Maybe<Point>[]} points
   * @param {Angle} angle
   * @param {Box[]} taken
   */
  angle(points, { joints, deg, name }, taken) {
    const [a, b, c] = joints.map((index) => points[index]);
    if (deg === null || !a || !b || !c) return null;
    const toA = Math.atan2(a.y - b.y, a.x - b.x);
    const toC = Math.atan2(c.y - b.y, c.x - b.x);
    const between = degrees(Math.abs(turn(toA, toC)));
    // A flexion is counted from the straight limb, other angles between the two limbs. Show
    // the one the number is; where both fit, stay with the last.
    const lead = Math.abs(between - deg) - Math.abs(180 - between - deg);
    if (this.flexion === undefined || Math.abs(lead) > 25) this.flexion = lead > 0;
    const from = this.flexion ? toA + Math.PI : toA;
    const drawn = this.flexion ? 180 - between : between;
    const radius = 7 * this.unit;
    if (Math.abs(drawn - deg) <= ARC_TOLERANCE_DEG) this.arc(b, from, toC, radius);
    return this.angleBox(name, `${Math.round(deg)}°`, b, toA + turn(toA, toC) / 2 + Math.PI, radius, taken);
  }

  /** @param {Point} at @param {number} from @param {number} to @param {number} radius */
  arc(at, from, to, radius) {
    const sweep = turn(from, to);
    for (const [colour, width] of strokes(COLOURS.dark, 1.7, COLOURS.middle, 0.9)) {
      this.context.beginPath();
      this.context.arc(at.x, at.y, radius, from, from + sweep, sweep < 0);
      this.stroke(colour, width * this.unit);
    }
    if (!this.flexion) return;
    const tip = { x: at.x + 1.35 * radius * Math.cos(from), y: at.y + 1.35 * radius * Math.sin(from) };
    this.line(at, tip, COLOURS.middle, 0.5 * this.unit, [1.6 * this.unit, 1.6 * this.unit]);
  }

  /**
   * Beside the joint, on the side the limbs leave free; it stays where it was while it can.
   * @param {string} name
   * @param {string} number
   * @param {Point} joint
   * @param {number} outward
   * @param {number} radius
   * @param {Box[]} taken
   */
  angleBox(name, number, joint, outward, radius, taken) {
    const size = 5.2 * this.unit;
    const text = `${name} ${number}`.trim();
    const width = this.measure(`${name} 000°`, size) + 1.1 * size;
    const height = 1.3 * size;
    const turns = [this.angleTurn, ...ANGLE_TURNS];
    for (const reach of [0.5, 1.5])
      for (const lean of turns) {
        const away = reach * radius + Math.hypot(width, height) / 2;
        const x = joint.x + away * Math.cos(outward + lean) - width / 2;
        const y = joint.y + away * Math.sin(outward + lean) - height / 2;
        const box = { x, y, width, height };
        if (!within(box, this.area) || taken.some((other) => overlap(grown(box, this.unit), other))) continue;
        this.angleTurn = lean;
        taken.push(box);
        return { ...box, text, size };
      }
    return null;
  }

  // ------------------------------------------------------------------- callouts

  /**
   * A fault of both knees is one thing to read: one label with two lines to it.
   * @template {Callout & { at: Point }} Placed
   * @param {Maybe<Point>[]} points
   * @param {Placed[]} callouts
   * @param {Box[]} taken
   */
  labels(points, callouts, taken) {
    const groups = byFault(callouts);
    this.places.only(groups.map(([name]) => name));
    const body = samples(points);
    return groups.slice(0, MOST_LABELS).flatMap(([name, group]) => {
      const joints = group.map(({ at }) => at);
      for (const shrink of [1, 0.8, 0.64]) {
        const { lines, ...size } = this.labelSize(group[0], shrink);
        const box = this.places.find(name, size, { joints, body, taken, area: this.area, unit: this.unit });
        if (!box) continue;
        taken.push(box);
        return [{ group, lines, box: { ...box, size: size.size } }];
      }
      return [];
    });
  }

  /** @param {Callout} callout @param {number} shrink */
  labelSize(callout, shrink) {
    const size = 5.6 * this.unit * shrink;
    const lines = twoLines(callout.title);
    const sign = isMarked(callout) ? SIGN * size : 0;
    const width = Math.max(...lines.map((line) => this.measure(line, size))) + 1.4 * size + sign;
    return { lines, width, height: size * (0.75 + 1.12 * lines.length), size };
  }

  /** @param {Callout} callout @param {string[]} lines @param {TextBox} box */
  label(callout, lines, box) {
    if (!isMarked(callout)) {
      this.words(lines, box, COLOURS.dark, COLOURS.mild);
      return;
    }
    const sign = SIGN * box.size;
    this.words([], box, COLOURS.middle, COLOURS.marked, COLOURS.middle);
    this.words(lines, { ...box, x: box.x + sign, width: box.width - sign }, COLOURS.middle);
    const at = { x: box.x + 1.2 * box.size, y: box.y + box.height / 2 };
    this.disc(at, 0.68 * box.size, COLOURS.middle);
    this.words(["!"], { ...square(at, box.size), size: 1.05 * box.size }, COLOURS.marked);
  }

  /** @param {Point} joint @param {Box} box @param {Callout} callout */
  leader(joint, box, callout) {
    const end = { x: clamp(joint.x, box.x, box.x + box.width), y: clamp(joint.y, box.y, box.y + box.height) };
    // From the rim of the joint's mark: a stroke inside an open ring looks like dirt.
    const start = mix(joint, end, Math.min(1, (2.9 * this.unit) / Math.hypot(end.x - joint.x, end.y - joint.y)));
    this.line(start, end, COLOURS.dark, this.unit * 1.5);
    this.line(start, end, isMarked(callout) ? COLOURS.middle : COLOURS.mild, this.unit * 0.7);
  }

  /** A filled disc for a marked fault, an open ring for a mild one. @param {Point} joint @param {Callout} callout */
  mark(joint, callout) {
    if (isMarked(callout)) {
      this.disc(joint, this.unit * 3.4, COLOURS.dark);
      this.disc(joint, this.unit * 2.9, COLOURS.middle);
      this.disc(joint, this.unit * 2.3, COLOURS.marked);
      return;
    }
    for (const [colour, width] of strokes(COLOURS.dark, 2, COLOURS.mild, 1.1)) {
      this.context.beginPath();
      this.context.arc(joint.x, joint.y, this.unit * 2.6, 0, 2 * Math.PI);
      this.stroke(colour, width * this.unit);
    }
  }

  /**
   * Where to be, in the middle of the picture.
   * @param {Ghost} ghost
   * @param {Maybe<Point>[]} points
   * @param {boolean} mirrored
   * @param {number} strength
   */
  ghost(ghost, points, mirrored, strength) {
    const { width, height } = this;
    const box = { x: 0.05 * width, y: 0.08 * height, width: 0.9 * width, height: 0.84 * height };
    this.target.draw(this.context, ghost, box, mirrored, points, strength);
  }

  // ----------------------------------------------------------------- primitives

  /** @param {Point} a @param {Point} b @param {string} colour @param {number} width @param {number[]} dashes */
  line(a, b, colour, width, dashes = []) {
    this.context.beginPath();
    this.context.moveTo(a.x, a.y);
    this.context.lineTo(b.x, b.y);
    this.context.setLineDash(dashes);
    this.stroke(colour, width);
    this.context.setLineDash([]);
  }

  /** @param {string} colour @param {number} width */
  stroke(colour, width) {
    Object.assign(this.context, { strokeStyle: colour, lineWidth: width, lineCap: "round" });
    this.context.stroke();
  }

  /** @param {Point} at @param {number} radius @param {string} colour */
  disc(at, radius, colour) {
    this.context.beginPath();
    this.context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    this.context.fillStyle = colour;
    this.context.fill();
  }

  /** @param {string} text @param {number} size */
  measure(text, size) {
    this.context.font = `700 ${size}px ${this.font}`;
    return this.context.measureText(text).width;
  }

  /**
   * Lines of text in the middle of a box of font size box.size, on a panel when one is given.
   * @param {string[]} lines
   * @param {TextBox} box
   * @param {string} colour
   */
  words(lines, box, colour, panel = "", rim = "") {
    const { context } = this;
    if (panel) {
      context.beginPath();
      context.roundRect(box.x, box.y, box.width, box.height, box.size * 0.45);
      context.fillStyle = panel;
      context.fill();
      if (rim) this.stroke(rim, 0.4 * this.unit);
    }
    context.font = `700 ${box.size}px ${this.font}`;
    Object.assign(context, { fillStyle: colour, textAlign: "center", textBaseline: "middle" });
    lines.forEach((line, i) => {
      const y = box.y + box.height / 2 + (i - (lines.length - 1) / 2) * 1.12 * box.size;
      context.fillText(line, box.x + box.width / 2, y + 0.04 * box.size);
    });
  }
}

/**
 * Colours and widths, one after another.
 * @param {string} under
 * @param {number} wide
 * @param {string} over
 * @param {number} narrow
 * @returns {[string, number][]}
 */
function strokes(under, wide, over, narrow) {
  return [[under, wide], [over, narrow]];
}

/**
 * The ends of the bones that are seen.
 * @param {Maybe<Point>[]} points
 * @param {Pairs} pairs
 * @returns {[Point, Point][]}
 */
function joined(points, pairs) {
  return pairs.flatMap(([i, j]) => {
    const [a, b] = [points[i], points[j]];
    return a && b ? [/** @type {[Point, Point]} */ ([a, b])] : [];
  });
}

/**
 * @template {{ id: string }} Called
 * @param {Called[]} callouts
 */
export function byFault(callouts) {
  /** @type {Map<string, Called[]>} */
  const groups = new Map();
  for (const one of callouts) groups.set(one.id, [...(groups.get(one.id) ?? []), one]);
  return [...groups.entries()];
}

/** @param {Callout} callout */
function isMarked({ severity }) {
  return severity === "marked";
}

/** Points along the bones, and the head: what a label should not lie on. @param {Maybe<Point>[]} points */
function samples(points) {
  const along = joined(points, BONES).flatMap(([a, b]) => [0, 1 / 3, 2 / 3].map((share) => mix(a, b, share)));
  const ends = [0, 7, 8, 15, 16, 31, 32].flatMap((i) => points[i] ?? []);
  const [face, left, right] = [points[0], points[11], points[12]];
  // The landmarks end at the eyes; the crown is about half as far from them as the shoulders.
  const head = face && left && right ? [0.35, 0.7].map((share) => mix(face, mix(left, right, 0.5), -share)) : [];
  return [...along, ...ends, ...head];
}

/** A title broken near its middle, so that its label is not broad. @param {string} title */
export function twoLines(title) {
  const spaces = [...title.matchAll(/ /g)].map((match) => match.index);
  if (title.length < 12 || !spaces.length) return [title];
  const half = title.length / 2;
  const at = spaces.reduce((a, b) => (Math.abs(b - half) < Math.abs(a - half) ? b : a));
  return [title.slice(0, at), title.slice(at + 1)];
}
