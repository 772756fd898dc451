// @ts-check
// Watches over camera, connection and server, so that nobody goes on in front of a page that is
// blind or deaf: what is wrong is told within two seconds, and that it is well again.

/** @import { Camera } from "./camera.js" */
/** @import { Link } from "./link.js" */

import { N_, _ } from "../words.js";

const LOOK_EVERY_MS = 200;
const SERVER_MS = 1500;
const REOPEN_EVERY_MS = 2000;
const GOES_ON = N_("The set waits, and goes on by itself.");

/** @type {Record<string, string>} */
export const TROUBLE = {
  gone: N_("The camera is gone. Plug it in again."),
  muted: N_("The camera sends no picture. Uncover it, or close the program that uses it."),
  frozen: N_("The picture is frozen. Unplug the camera and plug it in again."),
  link: N_("The connection is lost. Is formcheck still running?"),
  server: N_("formcheck doesn't answer. It may be busy."),
};

export class Watch {
  /**
   * told(text): what is wrong now, "" = all is well again; reopen() tries the camera anew;
   * over(): nothing waits that could go on.
   * @param {Pick<Camera, "trouble">} camera
   * @param {Pick<Link, "busy" | "heard_ms" | "open" | "wanted">} link
   * @param {(text: string) => void} told
   * @param {() => void} reopen
   * @param {() => boolean} over
   */
  constructor(camera, link, told, reopen, over) {
    this.camera = camera;
    this.link = link;
    this.told = told;
    this.reopen = reopen;
    this.over = over;
    this.timer = this.reopened = 0;
    this.kind = "";
  }

  start() {
    this.stop();
    this.timer = window.setInterval(() => this.look(performance.now()), LOOK_EVERY_MS);
    // Streamlit covers everything with a question about itself; the words here are our own.
    this.covers = new MutationObserver(() => uncover(document));
    this.covers.observe(document.body, { childList: true, subtree: true });
  }

  stop() {
    clearInterval(this.timer);
    this.covers?.disconnect();
    this.timer = 0;
    this.kind = "";
  }

  /** @param {number} now */
  look(now) {
    const kind = this.found(now);
    if ((kind === "gone" || kind === "frozen") && now - this.reopened > REOPEN_EVERY_MS) {
      this.reopened = now;
      // One that has just frozen may come back by itself.
      if (kind === this.kind) this.reopen();
    }
    if (kind === this.kind) return;
    this.kind = kind;
    const words = TROUBLE[kind];
    this.told(words ? `${_(words)} ${_(GOES_ON)}` : "");
  }

  /** @param {number} now */
  found(now) {
    const { camera, link } = this;
    const { trouble } = camera;
    // The report is made, and that takes what it takes; an alarm of before stands until it is well.
    if (this.over() && !this.kind) return "";
    // No picture, no answer; nor where the page itself is at it.
    if ((trouble || link.busy) && link.heard_ms) link.heard_ms = now;
    if (trouble) return trouble;
    // Nothing was heard yet: it is getting ready.
    if (!link.wanted || !link.heard_ms || now - link.heard_ms < SERVER_MS) return "";
    return link.open ? "server" : "link";
  }
}

/** Takes Streamlit's own dialog about a lost connection away. @param {Document} page */
function uncover(page) {
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-testid=stDialog]")))
    if (/Streamlit (still running|server is not responding)|Cannot connect to Streamlit/.test(box.textContent ?? ""))
      box.style.display = "none";
}
