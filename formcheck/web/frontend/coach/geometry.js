// @ts-check
// Points, boxes and angles in a picture's pixels.

/** @import { Box, Point } from "./types" */

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The angle from one direction to another, -pi..pi. @param {number} from @param {number} to */
export function turn(from, to) {
  return Math.atan2(Math.sin(to - from), Math.cos(to - from));
}

/** @param {number} radians */
export function degrees(radians) {
  return (radians * 180) / Math.PI;
}

/** The point so far on the way from a to b. @param {Point} a @param {Point} b @param {number} share */
export function mix(a, b, share) {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}

/** @param {Point} at @param {number} half @returns {Box} */
export function square(at, half) {
  return { x: at.x - half, y: at.y - half, width: 2 * half, height: 2 * half };
}

/** @param {Point} point @param {Box} box */
export function inside(point, box) {
  return point.x > box.x && point.x < box.x + box.width && point.y > box.y && point.y < box.y + box.height;
}

/** Whether a box lies within an area. @param {Box} box @param {Box} area */
export function within(box, area) {
  return (
    box.x >= area.x && box.y >= area.y &&
    box.x + box.width <= area.x + area.width && box.y + box.height <= area.y + area.height
  );
}

/** @param {Box} box @param {number} by @returns {Box} */
export function grown(box, by) {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** How far a point lies outside of a box. @param {Point} point @param {Box} box */
export function distance(point, box) {
  return Math.hypot(
    Math.max(box.x - point.x, 0, point.x - box.x - box.width),
    Math.max(box.y - point.y, 0, point.y - box.y - box.height),
  );
}
