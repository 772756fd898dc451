// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { kept, message, poseBytes } from "../../formcheck/web/frontend/coach/pose_message.js";
import { choose, isNear } from "../../formcheck/web/frontend/coach/pose_place.js";
import { Sight } from "../../formcheck/web/frontend/coach/sight.js";

/** @import { Order, Settings } from "../../formcheck/web/frontend/coach/types" */

const HERE = { wish: "auto", near: false, gpu: true, able: true, model: "auto", ms: {}, serverMs: 0 };

test("pictures stay on a device that is fast enough", () => {
  assert.deepEqual(choose(HERE), { place: "page", model: "full", why: "" });
  assert.equal(choose({ ...HERE, gpu: false, ms: { full: 80 } }).model, "full");
  assert.equal(choose({ ...HERE, ms: { full: 90 } }).model, "lite");
  assert.equal(choose({ ...HERE, ms: { full: 90, lite: 85 } }).why, "slow");
  assert.equal(choose({ ...HERE, able: false }).why, "unable");
  assert.equal(choose({ ...HERE, model: "lite" }).model, "lite");
});

test("on one computer the server is taken, unless a graphics card is faster", () => {
  const near = { ...HERE, near: true };
  assert.deepEqual(choose({ ...near, gpu: false }), { place: "server", model: "full", why: "near" });
  assert.equal(choose(near).place, "page");
  assert.equal(choose({ ...near, ms: { full: 30 }, serverMs: 25 }).model, "lite");
  assert.equal(choose({ ...near, ms: { full: 30, lite: 26 }, serverMs: 25 }).place, "server");
});

test("what somebody chose is kept to", () => {
  assert.equal(choose({ ...HERE, wish: "server" }).place, "server");
  const slow = { ...HERE, wish: "page", near: true, gpu: false, ms: { full: 300, lite: 200 } };
  assert.deepEqual(choose(slow), { place: "page", model: "lite", why: "" });
});

test("which computer is meant by an address", () => {
  assert.deepEqual(["localhost", "127.0.0.1", "[::1]"].map(isNear), [true, true, true]);
  assert.deepEqual(["192.168.1.4", "coach.example", "127.coach.example"].map(isNear), [false, false, false]);
});

test("a message is laid out as the server reads it", () => {
  const people = new Float32Array(33 * 7).fill(0.25);
  const motion = { run: 9, moved: [1, 2, 3, 4, 5, 6, 7, 8], error: [0.5, 0.5, 0.5, 0.5], texture: [1, 1, 1, 1] };
  const found = { width: 640, height: 480, people, tracked: true, looked: 1, light: 99.6, motion, ms: 50 };
  const whole = message(2, 7, 1234.5, poseBytes(found, "lite"));
  const view = new DataView(whole.buffer);
  assert.equal(whole.length, 16 + 12 + 33 * 7 * 4 + 68);
  assert.deepEqual([view.getUint8(0), view.getUint32(4, true), view.getFloat64(8, true)], [2, 7, 1234.5]);
  assert.deepEqual([view.getUint16(16, true), view.getUint16(18, true)], [640, 480]);
  assert.deepEqual([...whole.slice(20, 24)], [1, 1, 100, 1 | 8]);
  assert.equal(view.getFloat32(24, true), 50);
  assert.equal(view.getFloat32(28 + 4 * 230, true), 0.25);
  const at = 28 + 33 * 7 * 4;
  assert.equal(view.getUint32(at, true), 9);
  // Of the second band: dx, dy, error, texture.
  assert.deepEqual([20, 24, 28, 32].map((k) => view.getFloat32(at + k, true)), [3, 4, 0.5, 1]);
  assert.equal(kept(whole)[23], 1 | 4 | 8);
  const nobody = poseBytes({ ...found, people: new Float32Array(), tracked: false, motion: null }, "full");
  assert.deepEqual([...new Uint8Array(nobody).slice(4, 8)], [0, 1, 100, 2]);
});

/** A camera that always has a picture, and a finder that does what it is told. */
function scene(/** @type {Partial<Settings>} */ settings, /** @type {string} */ host, finder = {}, running = false, jpeg = [255, 216, 7]) {
  Object.assign(globalThis, { location: { hostname: host }, OffscreenCanvas: class { getContext() { return null; } } });
  Object.assign(globalThis, { Worker: class {} });
  /** @type {string[]} */
  const told = [];
  let at = 0;
  const picture = /** @type {any} */ ({ close() {}, clone: () => picture });
  const camera = {
    next: async () => ({ captured: (at += 33), bytes: new ArrayBuffer(3) }),
    taken: async () => ({ captured: (at += 33), picture, width: 64, height: 48 }),
    encoded: async () => new Uint8Array(jpeg).buffer,
  };
  const people = new Float32Array(33 * 7);
  const working = {
    async start() {},
    find: async () => ({ width: 64, height: 48, people, tracked: true, looked: 0, light: 9, motion: null, ms: 30 }),
    stop() {},
    ...finder,
  };
  const sight = new Sight(
    camera, /** @type {any} */ ({ pose: "auto", ...settings }), () => ({ path: "/runtime", model: "auto", running }),
    (text) => told.push(text), () => {}, () => /** @type {any} */ (working),
  );
  return { sight, told };
}

test("no picture is sent where the pose is found in the page", async () => {
  const { sight } = scene({}, "coach.example");
  sight.start();
  assert.equal(await sight.next({}), null); // loading: nothing is sent meanwhile
  for (let i = 0; i < 30; i += 1) assert.equal((await sight.next({}))?.kind, 2);
  assert.equal(sight.place, "page");
});

test("pictures for the report are sent to this computer, to others only on request, and in a set alone", async () => {
  /** @param {Partial<Settings>} settings @param {string} host @param {boolean} running @param {number[]} [jpeg] */
  const sent = async (settings, host, running, jpeg) => {
    const { sight } = scene({ pose: "page", ...settings }, host, {}, running, jpeg);
    sight.start();
    await new Promise(setImmediate);
    const bodies = [];
    for (let i = 0; i < 5; i += 1) bodies.push(new Uint8Array((await sight.next({}))?.bytes ?? []));
    const pictured = bodies.filter((body) => body[7] & 32);
    for (const body of pictured) assert.deepEqual([...body.slice(-3)], [255, 216, 7]);
    return pictured.length;
  };
  assert.equal(await sent({}, "localhost", true), 1); // the next one is not due yet
  assert.equal(await sent({}, "localhost", false), 0);
  assert.equal(await sent({}, "coach.example", true), 0);
  assert.equal(await sent({ pictures: true }, "coach.example", true), 1);
  assert.equal(await sent({ pictures: false }, "localhost", true), 0);
  assert.equal(await sent({}, "localhost", true, Array(300_001).fill(7)), 0); // the server takes none so large
});

test("what cannot be loaded or breaks is told, and pictures are sent", async () => {
  const missing = scene({}, "coach.example", { start: async () => { throw new Error("no npm"); } });
  missing.sight.start();
  await new Promise(setImmediate);
  assert.match(missing.told.at(-1) ?? "", /no npm/);
  assert.equal((await missing.sight.next({}))?.kind, 1);

  const breaking = scene({}, "coach.example", { find: async () => { throw new Error("out of memory"); } });
  breaking.sight.start();
  await new Promise(setImmediate);
  assert.equal(await breaking.sight.next({}), null);
  assert.match(breaking.told.at(-1) ?? "", /out of memory/);
  assert.equal((await breaking.sight.next({}))?.kind, 1);
});

test("who chose this device has no picture sent to another computer", async () => {
  const broken = { start: async () => { throw new Error("no npm"); } };
  const far = scene({ pose: "page" }, "coach.example", broken);
  far.sight.start();
  await new Promise(setImmediate);
  assert.equal(await far.sight.next({}), null);
  assert.match(far.told.at(-1) ?? "", /No pictures are sent/);
  const near = scene({ pose: "page" }, "localhost", broken);
  near.sight.start();
  await new Promise(setImmediate);
  assert.equal((await near.sight.next({}))?.kind, 1);
});

/** Finders that are counted. @param {boolean[]} works of each in turn */
function counted(works = []) {
  /** @type {string[]} */
  const log = [];
  const finder = {
    async start(/** @type {string} */ _path, /** @type {string} */ model) {
      log.push(`start ${model}`);
      if (works.shift() === false) throw new Error("away");
    },
    stop: () => log.push("stop"),
  };
  return { log, finder };
}

test("what was got ready while nobody had started is not loaded again", async () => {
  const { log, finder } = counted();
  const { sight } = scene({}, "coach.example", finder);
  sight.prepare();
  sight.prepare();
  assert.deepEqual([log, sight.place], [["start full"], "server"]);
  await new Promise(setImmediate);
  sight.start();
  await new Promise(setImmediate);
  assert.equal((await sight.next({}))?.kind, 2);
  assert.deepEqual(log, ["start full"]);
  sight.stop();
  assert.deepEqual(log, ["start full", "stop"]);
});

test("what could not be got ready is tried again at the start, and what is not wanted is left", async () => {
  const failing = counted([false]);
  const { sight, told } = scene({}, "coach.example", failing.finder);
  sight.prepare();
  await new Promise(setImmediate);
  assert.deepEqual(told, []);
  sight.start();
  await new Promise(setImmediate);
  assert.deepEqual(failing.log, ["start full", "start full"]);
  assert.equal((await sight.next({}))?.kind, 2);

  const other = counted();
  const changed = scene({}, "coach.example", other.finder);
  changed.sight.prepare();
  changed.sight.settings.pose = "server";
  changed.sight.start();
  assert.deepEqual(other.log, ["start full", "stop"]);
  assert.equal((await changed.sight.next({}))?.kind, 1);

  const near = counted();
  scene({}, "localhost", near.finder).sight.prepare();
  assert.deepEqual(near.log, []);

  const left = counted();
  const gone = scene({}, "coach.example", left.finder);
  gone.sight.prepare();
  gone.sight.close();
  assert.deepEqual(left.log, ["start full", "stop"]);
});

test("a device that turns out slow takes the small model, then the server", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const { sight, told } = scene({}, "coach.example", {
    find: async () => {
      now += 200;
      return { width: 64, height: 48, people: new Float32Array(), tracked: false, looked: 0, light: 9, motion: null, ms: 190 };
    },
  });
  sight.start();
  await new Promise(setImmediate);
  for (let i = 0; i < 16; i += 1) assert.equal((await sight.next({}))?.kind, 2);
  await new Promise(setImmediate);
  assert.deepEqual([sight.place, sight.model], ["page", "lite"]);
  for (let i = 0; i < 16; i += 1) await sight.next({});
  assert.equal(sight.place, "server");
  assert.match(told.at(-1) ?? "", /too slow/);
});
