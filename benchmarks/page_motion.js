// @ts-check
// What the page's TrunkFollower makes of pictures from standard input: one line of JSON for each.
// A picture: width and height (uint32), time (float64), 33 x, y (float64), lying (float64), and RGBA.

import { readSync, writeSync } from "node:fs";

import { TrunkFollower } from "../formcheck/web/frontend/coach/trunk_motion.js";

const HEADER = 2 * 4 + 8 + 66 * 8 + 8;

/** @param {number} size */
function read(size) {
  const bytes = Buffer.alloc(size);
  let got = 0;
  while (got < size) {
    const more = readSync(0, bytes, got, size - got, null);
    if (!more) break;
    got += more;
  }
  return got === size ? bytes : null;
}

const follower = new TrunkFollower();
for (let header = read(HEADER); header; header = read(HEADER)) {
  const [width, height] = [header.readUInt32LE(0), header.readUInt32LE(4)];
  const rgba = read(4 * width * height);
  if (!rgba) break;
  const xy = Float64Array.from({ length: 66 }, (_, i) => header.readDoubleLE(16 + 8 * i));
  const began = performance.now();
  const found = follower.follow(rgba, width, height, xy, header.readDoubleLE(8), header.readDoubleLE(HEADER - 8) > 0);
  const ms = performance.now() - began;
  /** @param {Float64Array} values */
  const plain = (values) => [...values].map((value) => (Number.isNaN(value) ? null : value));
  const told = found && { run: found.run, moved: plain(found.moved), error: plain(found.error), texture: plain(found.texture) };
  writeSync(1, `${JSON.stringify({ ms, told })}\n`);
}
