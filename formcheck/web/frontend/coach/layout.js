// @ts-check
// How large the picture is on the page, and where things stand over it.

import { inside } from "./geometry.js";

/** @import { Find } from "../dom.js" */
/** @import { Box, Point } from "./types" */

// The count changes sides when the person has been under it this long.
const CORNER_AFTER_MS = 1500;
const LEAST_STAGE_PX = 240;
const OVER_THE_PICTURE = [".count", ".hold", ".guide", ".subtitle"];

export class Layout {
  /** @param {HTMLElement} root @param {Find} find */
  constructor(root, find) {
    this.root = root;
    this.find = find;
    this.coveredSince = 0;
  }

  /** @param {number} aspect */
  shape(aspect) {
    this.root.style.setProperty("--aspect", aspect.toFixed(4));
    this.fit();
  }

  // Before the camera is on, the stage ends where the window does; then the coach has the
  // window to itself, but for the page's own bar at the top.
  fit() {
    if (document.fullscreenElement) {
      this.root.style.removeProperty("--tall");
      return;
    }
    const off = this.root.dataset.stage === "off";
    const place = this.root.getRootNode();
    const host = place instanceof ShadowRoot ? place.host : null;
    const scrolled = host?.closest("[data-testid=stMain]")?.scrollTop ?? window.scrollY;
    const top = this.root.getBoundingClientRect().top + scrolled;
    const header = parseFloat(getComputedStyle(this.root).scrollMarginTop);
    const below = this.find(".bar").offsetHeight + this.find(".strip").offsetHeight;
    this.root.style.setProperty("--below", `${below}px`);
    const tall = window.innerHeight - below - (off ? Math.max(top, header) : header);
    this.root.style.setProperty("--tall", `${Math.max(tall, LEAST_STAGE_PX)}px`);
  }

  /** Where words stand over the picture, in its pixels. @returns {Box[]} */
  boxes() {
    const picture = this.find(".picture");
    const parts = OVER_THE_PICTURE.map(this.find);
    return parts.filter((part) => part.offsetWidth).map((part) => {
      const { offsetWidth: width, offsetHeight: height } = part;
      // The subtitle is moved by half its width.
      const moved = part.className === "subtitle" ? width / 2 : 0;
      return { x: part.offsetLeft - picture.offsetLeft - moved, y: part.offsetTop - picture.offsetTop, width, height };
    });
  }

  /** The count stands in the upper corner where it covers less of the person. @param {Point[]} body */
  chooseCorner(body) {
    const card = this.find(".count");
    const { offsetWidth: width, offsetHeight: height, offsetTop: y } = card;
    if (!width || !body.length) return;
    const swapped = this.root.classList.contains("swapped");
    const picture = this.find(".picture");
    /** @param {number} x */
    const under = (x) => body.filter((point) => inside(point, { x, y, width, height })).length;
    const beside = picture.offsetLeft;
    const [left, right] = [under(-beside), under(picture.clientWidth + beside - width)];
    const [here, there] = swapped ? [right, left] : [left, right];
    const now = performance.now();
    if (here < there + 2) this.coveredSince = now;
    else if (now - (this.coveredSince || now) > CORNER_AFTER_MS) this.root.classList.toggle("swapped");
    this.coveredSince ||= now;
  }
}
