// @ts-check
// Plays a demonstration on a canvas.

import { COLOURS } from "./colours.js";
import { context2d } from "../dom.js";
import { figure } from "./figure.js";

/** @import { Demo, Maybe } from "./types" */

const { left, right } = COLOURS;
const DRAWN_IN = { body: "#e3ecec", left, right, props: "#46565c" };

export class DemoPlayer {
  constructor() {
    this.shown = "";
    /** @type {Demo | null} */
    this.demo = null;
  }

  /**
   * Draws what is to be seen now (ms). demo: null = there is none.
   * @param {number} now
   * @param {HTMLCanvasElement} canvas
   * @param {Maybe<Demo> | undefined} demo
   * @param {boolean} mirrored
   */
  draw(now, canvas, demo, mirrored) {
    canvas.hidden = !demo;
    if (!demo || !canvas.clientWidth) return;
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const size = [Math.round(width * dots), Math.round(height * dots)];
    const frame = Math.floor((now / 1000) * demo.fps) % demo.frames.length;
    const key = [canvas.className, frame, mirrored, ...size].join();
    if (key === this.shown && this.demo === demo) return;
    this.shown = key;
    this.demo = demo;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = context2d(canvas);
    context.setTransform(dots, 0, 0, dots, 0, 0);
    context.clearRect(0, 0, width, height);
    figure(context, demo, frame, { x: 0, y: 0, width, height }, { mirrored, colours: DRAWN_IN });
  }
}
