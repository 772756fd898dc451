// @ts-check
// Where the words of a callout stand: near the joint, off the body, off other boxes, and
// where they stood before, so that they do not flicker.

import { distance, grown, inside, overlap } from "./geometry.js";

/** @import { Box, Point } from "./types" */
/** @typedef {{ joints: Point[], body: Point[], taken: Box[], area: Box, unit: number }} Surroundings */
/** @typedef {{ x: number, y: number, before?: boolean }} Spot */

const COLUMNS = 9;
const ROWS = 11;
// What a place costs, in units of a tenth of the picture's height.
const COST = { covered: 0.9, joint: 12, moving: 4 };

export class Places {
  constructor() {
    /** @type {Map<string, Point>} callout -> shares of the area */
    this.kept = new Map();
  }

  /** Forgets the places of callouts that are over. @param {string[]} names */
  only(names) {
    for (const name of this.kept.keys()) if (!names.includes(name)) this.kept.delete(name);
  }

  /**
   * The box (px) for a label of this size; null = there is no room. taken: boxes to keep off.
   * @param {string} name
   * @param {{ width: number, height: number }} size
   * @param {Surroundings} surroundings
   */
  find(name, { width, height }, { joints, body, taken, area, unit }) {
    const before = this.kept.get(name);
    /** @type {{ box: Box, cost: number } | null} */
    let best = null;
    for (const spot of this.spots(before, width, height, area)) {
      const box = { ...spot, width, height };
      if (taken.some((other) => overlap(grown(box, unit), other))) continue;
      const cost = this.cost(box, joints, body, unit) - (spot.before ? COST.moving : 0);
      if (!best || cost < best.cost) best = { box, cost };
    }
    if (!best) return null;
    const { box } = best;
    this.kept.set(name, { x: (box.x - area.x) / area.width, y: (box.y - area.y) / area.height });
    return { x: box.x, y: box.y, width, height };
  }

  /**
   * @param {Point | undefined} before
   * @param {number} width
   * @param {number} height
   * @param {Box} area
   * @returns {Generator<Spot>}
   */
  *spots(before, width, height, area) {
    const room = { x: area.width - width, y: area.height - height };
    if (room.x < 0 || room.y < 0) return;
    if (before)
      yield {
        x: area.x + Math.min(before.x * area.width, room.x),
        y: area.y + Math.min(before.y * area.height, room.y),
        before: true,
      };
    for (let i = 0; i < COLUMNS; i += 1)
      for (let j = 0; j < ROWS; j += 1)
        yield { x: area.x + (room.x * i) / (COLUMNS - 1), y: area.y + (room.y * j) / (ROWS - 1) };
  }

  /** @param {Box} box @param {Point[]} joints @param {Point[]} body @param {number} unit */
  cost(box, joints, body, unit) {
    const wide = grown(box, 3 * unit);
    const far = joints.map((joint) => distance(joint, box) / (10 * unit));
    const covered = body.filter((point) => inside(point, wide)).length;
    const hides = far.some((one) => one < 0.5) ? COST.joint : 0;
    return far.reduce((sum, one) => sum + one, 0) / far.length + COST.covered * covered + hides;
  }
}
