// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, ticks, valueAt } from "../../formcheck/web/frontend/review/scale.js";

test("times are minutes and seconds", () => {
  assert.equal(clock(65.25), "1:05.3");
  assert.equal(clock(-1), "0:00.0");
});

test("ticks are round numbers within the range", () => {
  assert.deepEqual(ticks(3, 98, 4), [30, 60, 90]);
  assert.deepEqual(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(0, 60, 5), [0, 15, 30, 45, 60]);
});

test("the signal is read at the nearest picture, and not across a gap", () => {
  const signal = { time: [0, 1, 2, 5], value: [10, null, 30, 40] };
  assert.equal(valueAt(signal, 0.4), 10);
  assert.equal(valueAt(signal, 0.9), null);
  assert.equal(valueAt(signal, 1.6), 30);
  assert.equal(valueAt(signal, 3.5), null);
  assert.equal(valueAt({ time: [], value: [] }, 1), null);
});
