// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { distance, grown, inside, mix, overlap, turn, within } from "../../formcheck/web/frontend/coach/geometry.js";

const box = { x: 10, y: 20, width: 30, height: 40 };

test("a turn goes the short way round", () => {
  assert.ok(Math.abs(turn(3, -3) - (2 * Math.PI - 6)) < 1e-9);
  assert.ok(Math.abs(turn(-3, 3) - (6 - 2 * Math.PI)) < 1e-9);
});

test("boxes that only touch do not overlap", () => {
  assert.equal(overlap(box, { ...box, x: 40 }), false);
  assert.equal(overlap(grown(box, 1), { ...box, x: 40 }), true);
});

test("a box is within an area up to its edge", () => {
  assert.equal(within(box, { x: 10, y: 20, width: 30, height: 40 }), true);
  assert.equal(within(box, { x: 11, y: 20, width: 30, height: 40 }), false);
});

test("how far a point is from a box is measured to its nearest edge", () => {
  assert.equal(distance({ x: 43, y: 64 }, box), 5);
  assert.equal(distance({ x: 12, y: 30 }, box), 0);
  assert.equal(inside({ x: 10, y: 30 }, box), false);
  assert.deepEqual(mix({ x: 0, y: 0 }, { x: 10, y: 20 }, 0.5), { x: 5, y: 10 });
});
