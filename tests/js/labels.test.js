// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { byFault, twoLines } from "../../formcheck/web/frontend/coach/drawing.js";
import { overlap } from "../../formcheck/web/frontend/coach/geometry.js";
import { Places } from "../../formcheck/web/frontend/coach/labels.js";

const area = { x: 0, y: 0, width: 640, height: 480 };
const size = { width: 120, height: 40 };
const around = { joints: [{ x: 320, y: 300 }], body: [{ x: 320, y: 250 }], taken: [], area, unit: 4.8 };

test("a label stands near its joint, but not on it", () => {
  const box = new Places().find("valgus", size, around);
  assert.ok(box);
  assert.ok(Math.hypot(box.x + 60 - 320, box.y + 20 - 300) < 200);
  assert.ok(!overlap(box, { x: 318, y: 298, width: 4, height: 4 }));
});

test("it keeps off what is taken, and is left out where there is no room", () => {
  const taken = [{ x: 200, y: 0, width: 440, height: 480 }];
  const box = new Places().find("valgus", size, { ...around, taken });
  assert.ok(box && !overlap(box, taken[0]));
  assert.equal(new Places().find("valgus", size, { ...around, taken: [area] }), null);
  assert.equal(new Places().find("valgus", { width: 700, height: 40 }, around), null);
});

test("it stays where it stood while the joint moves a little", () => {
  const places = new Places();
  const before = places.find("valgus", size, around);
  const moved = { ...around, joints: [{ x: 345, y: 290 }] };
  assert.deepEqual(places.find("valgus", size, moved), before);
  places.only([]);
  assert.notDeepEqual(places.find("valgus", size, moved), before);
});

test("a fault of both knees is one group", () => {
  const groups = byFault([{ id: "valgus", joint: 25 }, { id: "lean", joint: 11 }, { id: "valgus", joint: 26 }]);
  assert.deepEqual(groups.map(([name, all]) => [name, all.length]), [["valgus", 2], ["lean", 1]]);
});

test("a long title is broken near its middle", () => {
  assert.deepEqual(twoLines("Knees fall inward"), ["Knees fall", "inward"]);
  assert.deepEqual(twoLines("Heels lift"), ["Heels lift"]);
});
