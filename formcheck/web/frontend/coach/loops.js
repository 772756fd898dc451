// @ts-check
// How an exercise is done: its moving pictures, and in their corner where the camera goes.

import { node } from "../dom.js";
import { _ } from "../words.js";

/** @import { Loop, Shown } from "./types" */

/**
 * Puts them into an element: done well, then with the main fault. What is there already plays on.
 * @param {HTMLElement} box
 * @param {Shown | undefined} shown
 */
export function showLoops(box, shown) {
  const { name = "", loops = [], place = null } = shown ?? {};
  const key = JSON.stringify([loops, place]);
  box.hidden = !loops.length && !place;
  if (box.dataset.shown === key) return;
  box.dataset.shown = key;
  box.replaceChildren(...loops.map((loop) => figure(name, loop)));
  if (place) box.append(Object.assign(node("div", ""), { className: "place", innerHTML: place }));
}

/** @param {string} name @param {Loop} loop */
function figure(name, { src, still, words }) {
  const [made, picture] = [node("figure", ""), node("picture", "")];
  const source = document.createElement("source");
  Object.assign(source, { srcset: still, media: "(prefers-reduced-motion: reduce)" });
  const image = new Image();
  image.alt = `${name}: ${words || _("done well")}`;
  picture.append(source, image);
  // Only now: in its place, it is known which of the two is to be fetched.
  image.src = src;
  made.append(picture);
  if (words) made.append(node("figcaption", _("Not like this: {fault}", { fault: words })));
  return made;
}
