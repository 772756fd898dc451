// @ts-check
// What the page sends in bytes, as formcheck/web/messages.py reads it: little endian.

/** @import { Found } from "./types" */

export const PICTURE = 1;
export const POSE = 2;
const HEADER_BYTES = 16;
const POSE_HEADER_BYTES = 12;
const PERSON_NUMBERS = 33 * 7;
const MOTION = 1;
const UNTRACKED = 2;
const KEPT = 4;
const PICTURED = 32;
/** @type {Record<string, number>} */
const MODEL = { lite: 8, heavy: 16 };
const BANDS = 4;

/**
 * The whole message. captured: ms on the page's clock.
 * @param {number} kind
 * @param {number} seq
 * @param {number} captured
 * @param {ArrayBuffer} bytes
 */
export function message(kind, seq, captured, bytes) {
  const whole = new Uint8Array(HEADER_BYTES + bytes.byteLength);
  const header = new DataView(whole.buffer);
  header.setUint8(0, kind);
  header.setUint32(4, seq, true);
  header.setFloat64(8, captured, true);
  whole.set(new Uint8Array(bytes), HEADER_BYTES);
  return whole;
}

/** Marks a message as one that was kept while the connection was away. @param {Uint8Array} whole */
export function kept(whole) {
  whole[HEADER_BYTES + 7] |= KEPT;
  return whole;
}

/**
 * The body of a message of poses. jpeg: the picture for the report, null = none is sent.
 * @param {Found} found
 * @param {string} model
 * @param {ArrayBuffer | null} [jpeg]
 */
export function poseBytes({ width, height, people, tracked, looked, light, ms, motion }, model, jpeg = null) {
  const at = POSE_HEADER_BYTES + 4 * people.length;
  const end = at + (motion ? 4 + 16 * BANDS : 0);
  const bytes = new DataView(new ArrayBuffer(end + (jpeg?.byteLength ?? 0)));
  if (jpeg) new Uint8Array(bytes.buffer, end).set(new Uint8Array(jpeg));
  bytes.setUint16(0, width, true);
  bytes.setUint16(2, height, true);
  bytes.setUint8(4, people.length / PERSON_NUMBERS);
  bytes.setUint8(5, looked);
  bytes.setUint8(6, Math.round(light));
  bytes.setUint8(7, (motion ? MOTION : 0) | (tracked ? 0 : UNTRACKED) | (MODEL[model] ?? 0) | (jpeg ? PICTURED : 0));
  bytes.setFloat32(8, ms, true);
  people.forEach((number, i) => {
    bytes.setFloat32(POSE_HEADER_BYTES + 4 * i, number, true);
  });
  if (motion) {
    bytes.setUint32(at, motion.run, true);
    for (let band = 0; band < BANDS; band += 1) {
      const { moved, error, texture } = motion;
      const numbers = [moved[2 * band], moved[2 * band + 1], error[band], texture[band]];
      numbers.forEach((number, i) => {
        bytes.setFloat32(at + 4 + 16 * band + 4 * i, number, true);
      });
    }
  }
  return bytes.buffer;
}
