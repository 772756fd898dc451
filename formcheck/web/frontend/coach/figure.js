// @ts-check
// The person who shows an exercise, and the same person as an outline of where to be.
// All lengths are in body heights, as in the demonstration.

import { COLOURS } from "./colours.js";
import { context2d } from "../dom.js";
import { clamp, mix } from "./geometry.js";

/** @import { Box, Demo, Maybe, Point } from "./types" */
/** @typedef {{ body: string, left: string, right: string, props: string }} Colours */
/** @typedef {{ scale: number, at: (point: [number, number]) => Point }} Fit */
/** @typedef {{ context: CanvasRenderingContext2D, fit: Fit, grow: number, points: Point[] }} Shape */
/** @typedef {{ offset: number, name: "left" | "right", way: number, alone: boolean }} Side */

const HEAD = 0.062;
const LIMBS = {
  leg: [[23, 25, 0.052, 0.036], [25, 27, 0.034, 0.022], [29, 31, 0.02, 0.015], [27, 29, 0.022, 0.02], [27, 31, 0.018, 0.015]],
  arm: [[11, 13, 0.027, 0.021], [13, 15, 0.02, 0.015], [15, 19, 0.016, 0.014]],
};
// Who moves one leg more than the other by this factor shows an exercise for that leg.
const WORKING = 2.5;
/** @type {[number, number][]} From heels to toes, ear to nose, left to right, hips to shoulders. */
const FACING = [[29, 31], [30, 32], [7, 0], [8, 0], [11, 12], [23, 24], [23, 11], [24, 12]];
// Around the outline, for its rim.
const EDGE_PX = 8;

/**
 * Draws one frame of a demonstration into a box (px). grow: px added all around, for an outline.
 * @param {CanvasRenderingContext2D} context
 * @param {Demo} demo
 * @param {number} frame
 * @param {Box} box
 * @param {{ mirrored?: boolean, colours: Colours, grow?: number }} how
 */
export function figure(context, demo, frame, box, { mirrored = false, colours, grow = 0 }) {
  const fit = fitted(demo, box, mirrored);
  const shape = { context, fit, grow, points: demo.frames[frame].map(fit.at) };
  for (const prop of demo.props) outline(shape, prop.points.map(fit.at), 0.02, colours.props);
  const [still, working] = workingSide(demo);
  limbs(shape, "arm", still, colours);
  limbs(shape, "leg", still, colours);
  // A leg that works alone is in front; two that work together leave the trunk in front.
  if (working.alone) trunk(shape, colours.body);
  limbs(shape, "leg", working, colours);
  limbs(shape, "arm", working, colours);
  if (!working.alone) trunk(shape, colours.body);
}

/**
 * The same scale for all frames, so that the person does not swell and shrink.
 * @param {Demo} demo
 * @param {Box} box
 * @param {boolean} mirrored
 * @returns {Fit}
 */
function fitted(demo, box, mirrored) {
  const all = demo.frames.flat().concat(...demo.props.map((prop) => prop.points));
  /** @param {0 | 1} axis */
  const range = (axis) => [Math.min(...all.map((p) => p[axis])), Math.max(...all.map((p) => p[axis]))];
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  const scale = Math.min(box.width / (x1 - x0 + 2 * HEAD), box.height / (y1 - y0 + 3 * HEAD));
  return {
    scale,
    at: ([x, y]) => ({
      x: box.x + box.width / 2 + (mirrored ? -1 : 1) * (x - (x0 + x1) / 2) * scale,
      y: box.y + box.height / 2 + (y - (y0 + y1) / 2) * scale,
    }),
  };
}

/** The side that is still and the one that works. @param {Demo} demo @returns {[Side, Side]} */
export function workingSide(demo) {
  /** @param {number} joint */
  const way = (joint) => {
    const xs = demo.frames.map((points) => points[joint]);
    return xs.slice(1).reduce((sum, p, i) => sum + Math.hypot(p[0] - xs[i][0], p[1] - xs[i][1]), 0);
  };
  /** @param {number} offset @returns {Side} */
  const side = (offset) => ({
    offset, name: offset ? "right" : "left", way: way(25 + offset) + way(27 + offset), alone: false,
  });
  const [left, right] = [side(0), side(1)];
  const [still, working] = left.way > right.way ? [right, left] : [left, right];
  return [still, { ...working, alone: working.way > WORKING * still.way }];
}

/** @param {Shape} shape @param {"leg" | "arm"} kind @param {Side} side @param {Colours} colours */
function limbs(shape, kind, { offset, name }, colours) {
  for (const [a, b, from, to] of LIMBS[kind])
    taper(shape, shape.points[a + offset], shape.points[b + offset], from, to, colours[name]);
}

/** @param {Shape} shape @param {string} colour */
function trunk(shape, colour) {
  const { points } = shape;
  outline(shape, [11, 12, 24, 23].map((i) => points[i]), 0.042, colour);
  const neck = mix(points[11], points[12], 0.5);
  const head = mix(points[7], points[8], 0.5);
  taper(shape, neck, head, 0.03, 0.03, colour);
  taper(shape, head, mix(head, points[0], 0.5), HEAD, HEAD * 0.92, colour);
}

/**
 * A limb: two discs and what lies between them.
 * @param {Shape} shape
 * @param {Point} a
 * @param {Point} b
 * @param {number} from
 * @param {number} to
 * @param {string} colour
 */
function taper({ context, fit, grow }, a, b, from, to, colour) {
  const [ra, rb] = [from * fit.scale + grow, to * fit.scale + grow];
  const along = Math.atan2(b.y - a.y, b.x - a.x);
  const lean = Math.acos(clamp((ra - rb) / Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)), -1, 1));
  context.beginPath();
  context.arc(a.x, a.y, ra, along + lean, along - lean + 2 * Math.PI);
  context.arc(b.x, b.y, rb, along - lean, along + lean);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/**
 * A filled shape with round corners.
 * @param {Shape} shape
 * @param {Point[]} corners
 * @param {number} radius
 * @param {string} colour
 */
function outline({ context, fit, grow }, corners, radius, colour) {
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  Object.assign(context, {
    fillStyle: colour, strokeStyle: colour, lineJoin: "round", lineWidth: 2 * (radius * fit.scale + grow),
  });
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
    /** @type {Demo | null} */
    this.demo = null;
    this.key = "";
    /** @type {HTMLCanvasElement | null} */
    this.kept = null;
    this.turned = this.faced = false;
    this.wrongFor = 0;
  }

  /**
   * points: where the person is seen now, to face the same way: which one is free to choose.
   * @param {CanvasRenderingContext2D} context
   * @param {Demo} demo
   * @param {Box} box
   * @param {boolean} mirrored
   * @param {Maybe<Point>[]} points
   * @param {number} strength
   */
  draw(context, demo, box, mirrored, points, strength) {
    this.face(demo, box, mirrored, points);
    const picture = this.picture(demo, box, mirrored !== this.turned);
    context.save();
    context.globalAlpha = strength;
    const [x, y] = [box.x - EDGE_PX, box.y - EDGE_PX];
    context.drawImage(picture, x, y, box.width + 2 * EDGE_PX, box.height + 2 * EDGE_PX);
    context.restore();
  }

  /** @param {Demo} demo @param {Box} box @param {boolean} mirrored @param {Maybe<Point>[]} points */
  face(demo, box, mirrored, points) {
    const { at } = fitted(demo, box, mirrored !== this.turned);
    const way = facing(demo.frames[0].map(at), points);
    if (Number.isNaN(way)) return;
    this.wrongFor = way < 0 ? this.wrongFor + 1 : 0;
    // At first at once; later a slip of the pose model must not turn it to and fro.
    if (this.wrongFor > (this.faced ? 10 : 0)) Object.assign(this, { turned: !this.turned, wrongFor: 0 });
    this.faced = true;
  }

  /** @param {Demo} demo @param {Box} box @param {boolean} mirrored */
  picture(demo, box, mirrored) {
    const key = [box.width, box.height, mirrored].join();
    if (this.kept && key === this.key && demo === this.demo) return this.kept;
    Object.assign(this, { key, demo });
    const { canvas, context } = this.sheet(box);
    const inner = { ...box, x: EDGE_PX, y: EDGE_PX };
    /** @param {string} colour @returns {Colours} */
    const plain = (colour) => ({ body: colour, left: colour, right: colour, props: colour });
    const rim = Math.max(2, box.height * 0.006);
    figure(context, demo, 0, inner, { mirrored, colours: plain(COLOURS.dark), grow: 2 * rim });
    figure(context, demo, 0, inner, { mirrored, colours: plain("#fff"), grow: rim });
    // What is inside the rim is taken away again, but for a little.
    const { canvas: hole, context: holes } = this.sheet(box);
    figure(holes, demo, 0, inner, { mirrored, colours: plain("#000") });
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
