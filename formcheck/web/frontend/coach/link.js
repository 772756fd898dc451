// @ts-check
// The socket: a picture, or the poses in it, whenever one is asked for, and an answer for each.

/** @import { Sight } from "./sight.js" */
/** @import { Message, Order } from "./types" */

import { _ } from "../words.js";
import { POSE, kept, message as whole } from "./pose_message.js";

const ALIVE_EVERY_MS = 10_000;
const LONGEST_PAUSE_MS = 8_000;
const RETRY_MS = 100;
// What was found while the connection was away is sent later.
const KEPT_MS = 10_000;
const POLICY = 1008;

export class Link {
  /**
   * heard(message) gets every answer; state(text) what to say of the connection, "" = fine;
   * token() the newest token of the page; retoken() asks the page for another one.
   * @param {object} ends
   * @param {Pick<Sight, "next" | "place" | "busy">} ends.sight
   * @param {(message: Message) => void} ends.heard
   * @param {(text: string) => void} ends.state
   * @param {() => string} ends.token
   * @param {() => void} ends.retoken
   */
  constructor({ sight, heard, state, token, retoken }) {
    this.sight = sight;
    this.heard = heard;
    this.state = state;
    this.token = token;
    this.retoken = retoken;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wanted = false;
    this.alive = 0;
    this.pause = 0;
    this.resume = "";
    this.used = "";
    this.path = "";
    this.tries = 0;
    this.seq = 0;
    this.sent = 0;
    this.answered = 0;
    this.open = false;
    this.heard_ms = 0; // of performance.now(), when the last message came; 0 = none yet
    /** @type {Uint8Array[]} what was found while the connection was away */
    this.kept = [];
    /** @type {{ seq: number, bytes: Uint8Array }[]} poses that may be lost if the connection is: the last two */
    this.unanswered = [];
  }

  /** Whether the page itself has nothing to send yet. */
  get busy() {
    return this.open && this.sight.busy;
  }

  /** @param {string} path */
  start(path) {
    this.path = path;
    this.wanted = true;
    this.connect();
    this.alive = window.setInterval(() => this.say("pong"), ALIVE_EVERY_MS);
  }

  stop() {
    this.wanted = false;
    clearInterval(this.alive);
    clearTimeout(this.pause);
    this.socket?.close(1000);
    this.socket = null;
    this.open = false;
    this.resume = "";
    this.heard_ms = 0;
    this.kept = [];
    this.unanswered = [];
  }

  /** @param {string} what */
  say(what) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ do: what }));
  }

  // A page that has a new token for us was run again.
  tokenCame() {
    if (this.wanted && !this.socket && this.token() !== this.used) this.connect();
  }

  connect() {
    clearTimeout(this.pause);
    const token = this.resume || this.token();
    if (!this.wanted || !token) return;
    if (token !== this.resume) this.used = token;
    const place = new URL(this.path, location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    place.search = String(new URLSearchParams({ token }));
    const socket = (this.socket = new WebSocket(place));
    socket.onmessage = ({ data }) => this.socket === socket && this.take(JSON.parse(data));
    socket.onclose = ({ code }) => this.socket === socket && this.closed(code);
  }

  /** @param {Message} message */
  take(message) {
    if (message.type === "go") {
      this.send(message);
      return;
    }
    if (message.type === "hello") {
      this.resume = message.resume;
      this.open = true;
      this.tries = 0;
      this.state("");
      for (const found of this.kept.splice(0)) this.socket?.send(kept(found));
    }
    if (message.type === "stopped") this.wanted = false;
    if (message.type === "state") {
      this.answered += 1;
      this.unanswered = this.unanswered.filter(({ seq }) => seq > message.seq);
      if (message.go) this.send(message.go);
    }
    // Until the first answer it is getting ready.
    if (this.heard_ms || message.type === "state") this.heard_ms = performance.now();
    this.heard(message);
  }

  /** @param {Order} order */
  async send(order) {
    const socket = this.socket;
    const found = await this.sight.next(order).catch(() => null);
    if (socket !== this.socket || socket?.readyState !== WebSocket.OPEN) return;
    if (!found) {
      // Another camera is being started, or the pose's model. The server waits: it asks once.
      window.setTimeout(() => this.socket === socket && this.send(order), RETRY_MS);
      return;
    }
    const bytes = whole(found.kind, (this.seq += 1), found.captured, found.bytes);
    socket.send(bytes);
    this.sent += 1;
    if (found.kind === POSE) this.unanswered = [...this.unanswered.slice(-1), { seq: this.seq, bytes }];
  }

  // What the page finds while nobody asks.
  async keep() {
    const until = performance.now() + KEPT_MS;
    while (this.wanted && !this.open && this.sight.place === "page" && performance.now() < until) {
      const found = await this.sight.next({}).catch(() => null);
      if (found?.kind === POSE && !this.open)
        this.kept.push(whole(POSE, (this.seq += 1), found.captured, found.bytes));
      if (!found) await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }

  /** @param {number} code */
  closed(code) {
    const was = this.open;
    this.socket = null;
    this.open = false;
    if (!this.wanted) return;
    if (was && this.heard_ms) {
      // The server leaves out what it has taken already.
      this.kept.push(...this.unanswered.splice(0).map(({ bytes }) => bytes));
      this.keep();
    }
    this.state(_("The connection was lost; trying again …"));
    // A token is good for one connection; one that could not be made has not used it up.
    if (code === POLICY || this.tries > 2) this.resume = "";
    if (!this.resume) {
      // The page makes a token whenever its script runs.
      if (this.token() === this.used) this.retoken();
    }
    this.tries += 1;
    const wait = Math.min(300 * 2 ** this.tries, LONGEST_PAUSE_MS);
    this.pause = window.setTimeout(() => this.again(), wait);
  }

  again() {
    if (this.resume || this.token() !== this.used) this.connect();
    else {
      this.retoken();
      this.pause = window.setTimeout(() => this.again(), LONGEST_PAUSE_MS);
    }
  }
}
