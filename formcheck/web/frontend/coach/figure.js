// @ts-check
// The outline of where to be at the start. All lengths are in body heights.

import { COLOURS } from "./colours.js";
import { context2d } from "../dom.js";
import { clamp, mix } from "./geometry.js";

/** @import { Box, Ghost, Maybe, Point } from "./types" */
/** @typedef {{ scale: number, at: (point: [number, number]) => Point }} Fit */
/** @typedef {{ context: CanvasRenderingContext2D, fit: Fit, grow: number }} Shape */

const HEAD = 0.062;
// Of the left side; those of the right one have the next number.
const LIMBS = [
  [23, 25, 0.052, 0.036], [25, 27, 0.034, 0.022], [29, 31, 0.02, 0.015], [27, 29, 0.022, 0.02], [27, 31, 0.018, 0.015],
  [11, 13, 0.027, 0.021], [13, 15, 0.02, 0.015], [15, 19, 0.016, 0.014],
];
/** @type {[number, number][]} From heels to toes, ear to nose, left to right, hips to shoulders. */
const FACING = [[29, 31], [30, 32], [7, 0], [8, 0], [11, 12], [23, 24], [23, 11], [24, 12]];
// Around the outline, for its rim.
const EDGE_PX = 8;

/**
 * Draws the person into a box (px). grow: px added all around.
 * @param {CanvasRenderingContext2D} context
 * @param {Ghost} ghost
 * @param {Box} box
 * @param {{ mirrored: boolean, colour: string, grow?: number }} how
 */
function figure(context, ghost, box, { mirrored, colour, grow = 0 }) {
  Object.assign(context, { fillStyle: colour, strokeStyle: colour, lineJoin: "round" });
  const fit = fitted(ghost, box, mirrored);
  const shape = { context, fit, grow };
  const points = ghost.points.map(fit.at);
  for (const prop of ghost.props) outline(shape, prop.map(fit.at), 0.02);
  for (const [a, b, from, to] of LIMBS)
    for (const side of [0, 1]) taper(shape, points[a + side], points[b + side], from, to);
  outline(shape, [11, 12, 24, 23].map((i) => points[i]), 0.042);
  const head = mix(points[7], points[8], 0.5);
  taper(shape, mix(points[11], points[12], 0.5), head, 0.03, 0.03);
  taper(shape, head, mix(head, points[0], 0.5), HEAD, HEAD * 0.92);
}

/**
 * So that the whole of a repetition has room.
 * @param {Ghost} ghost
 * @param {Box} box
 * @param {boolean} mirrored
 * @returns {Fit}
 */
function fitted({ extent: [[x0, y0], [x1, y1]] }, box, mirrored) {
  const scale = Math.min(box.width / (x1 - x0 + 2 * HEAD), box.height / (y1 - y0 + 3 * HEAD));
  return {
    scale,
    at: ([x, y]) => ({
      x: box.x + box.width / 2 + (mirrored ? -1 : 1) * (x - (x0 + x1) / 2) * scale,
      y: box.y + box.height / 2 + (y - (y0 + y1) / 2) * scale,
    }),
  };
}

/**
 * A limb: two discs and what lies between them.
 * @param {Shape} shape
 * @param {Point} a
 * @param {Point} b
 * @param {number} from
 * @param {number} to
 */
function taper({ context, fit, grow }, a, b, from, to) {
  const [ra, rb] = [from * fit.scale + grow, to * fit.scale + grow];
  const along = Math.atan2(b.y - a.y, b.x - a.x);
  const lean = Math.acos(clamp((ra - rb) / Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)), -1, 1));
  context.beginPath();
  context.arc(a.x, a.y, ra, along + lean, along - lean + 2 * Math.PI);
  context.arc(b.x, b.y, rb, along - lean, along + lean);
  context.closePath();
  context.fill();
}

/**
 * A filled shape with round corners.
 * @param {Shape} shape
 * @param {Point[]} corners
 * @param {number} radius
 */
function outline({ context, fit, grow }, corners, radius) {
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  context.lineWidth = 2 * (radius * fit.scale + grow);
  context.fill();
  context.stroke();
}

/**
 * Whether two people face the same way in the picture: > 0 the same, < 0 the other, NaN unknown.
 * Feet and face tell it from the side, shoulders and hips from the front, head and hips of who lies.
 * @param {Maybe<Point>[]} one
 * @param {Maybe<Point>[]} other
 */
export function facing(one, other) {
  let [sum, seen] = [0, 0];
  for (const [from, to] of FACING) {
    const [a, b, c, d] = [one[from], one[to], other[from], other[to]];
    if (!a || !b || !c || !d) continue;
    seen += 1;
    sum += (b.x - a.x) * (d.x - c.x);
  }
  return seen > 2 ? sum : Number.NaN;
}

// The start pose as an outline with a breath of a filling; drawn once for each size.
export class Target {
  constructor() {
    /** @type {Ghost | null} */
    this.ghost = null;
    this.key = "";
    /** @type {HTMLCanvasElement | null} */
    this.kept = null;
    this.turned = this.faced = false;
    this.wrongFor = 0;
  }

  /**
   * points: where the person is seen now, to face the same way: which one is free to choose.
   * @param {CanvasRenderingContext2D} context
   * @param {Ghost} ghost
   * @param {Box} box
   * @param {boolean} mirrored
   * @param {Maybe<Point>[]} points
   * @param {number} strength
   */
  draw(context, ghost, box, mirrored, points, strength) {
    this.face(ghost, box, mirrored, points);
    const picture = this.picture(ghost, box, mirrored !== this.turned);
    context.save();
    context.globalAlpha = strength;
    const [x, y] = [box.x - EDGE_PX, box.y - EDGE_PX];
    context.drawImage(picture, x, y, box.width + 2 * EDGE_PX, box.height + 2 * EDGE_PX);
    context.restore();
  }

  /** @param {Ghost} ghost @param {Box} box @param {boolean} mirrored @param {Maybe<Point>[]} points */
  face(ghost, box, mirrored, points) {
    const { at } = fitted(ghost, box, mirrored !== this.turned);
    const way = facing(ghost.points.map(at), points);
    if (Number.isNaN(way)) return;
    this.wrongFor = way < 0 ? this.wrongFor + 1 : 0;
    // At first at once; later a slip of the pose model must not turn it to and fro.
    if (this.wrongFor > (this.faced ? 10 : 0)) Object.assign(this, { turned: !this.turned, wrongFor: 0 });
    this.faced = true;
  }

  /** @param {Ghost} ghost @param {Box} box @param {boolean} mirrored */
  picture(ghost, box, mirrored) {
    const key = [box.width, box.height, mirrored].join();
    if (this.kept && key === this.key && ghost === this.ghost) return this.kept;
    Object.assign(this, { key, ghost });
    const { canvas, context } = this.sheet(box);
    const inner = { ...box, x: EDGE_PX, y: EDGE_PX };
    const rim = Math.max(2, box.height * 0.006);
    figure(context, ghost, inner, { mirrored, colour: COLOURS.dark, grow: 2 * rim });
    figure(context, ghost, inner, { mirrored, colour: "#fff", grow: rim });
    // What is inside the rim is taken away again, but for a little.
    const { canvas: hole, context: holes } = this.sheet(box);
    figure(holes, ghost, inner, { mirrored, colour: "#000" });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = "destination-out";
    context.globalAlpha = 0.84;
    context.drawImage(hole, 0, 0);
    return (this.kept = canvas);
  }

  /** @param {Box} box */
  sheet(box) {
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    const canvas = document.createElement("canvas");
    canvas.width = dots * (box.width + 2 * EDGE_PX);
    canvas.height = dots * (box.height + 2 * EDGE_PX);
    const context = context2d(canvas);
    context.scale(dots, dots);
    return { canvas, context };
  }
}
