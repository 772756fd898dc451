// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Link } from "../../formcheck/web/frontend/coach/link.js";

/** A socket that goes nowhere and keeps what was sent. */
class Socket {
  static OPEN = 1;
  /** @type {Socket[]} */
  static all = [];
  readyState = 1;
  /** @type {any[]} */
  sent = [];
  onmessage = (/** @type {{ data: string }} */ _event) => {};
  onclose = (/** @type {{ code: number }} */ _event) => {};

  /** @param {URL} url */
  constructor(url) {
    this.url = url;
    Socket.all.push(this);
  }

  /** @param {any} what */
  send(what) {
    this.sent.push(what);
  }

  close() {}

  /** @param {object} message */
  says(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

Object.assign(globalThis, { WebSocket: Socket, window: globalThis, location: new URL("https://coach.test/app/") });

test("a picture is sent when one is asked for, and a lost connection is taken up again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  /** @type {string[]} */
  const said = [];
  const link = new Link({
    sight: { place: "server", busy: false, next: async () => ({ kind: 1, captured: 12.5, bytes: new Uint8Array([7, 8]).buffer }) },
    heard: (message) => said.push(message.type),
    state: (text) => said.push(text),
    token: () => "first",
    retoken: () => said.push("retoken"),
  });
  link.start("/app/coach/socket");
  const [socket] = Socket.all;
  assert.equal(socket.url.href, "wss://coach.test/app/coach/socket?token=first");
  socket.says({ type: "hello", resume: "again", model: "lite" });
  socket.says({ type: "go" });
  await new Promise(setImmediate);
  const [picture] = socket.sent;
  const header = new DataView(picture.buffer);
  assert.equal(header.getUint8(0), 1);
  assert.equal(header.getUint32(4, true), 1);
  assert.equal(header.getFloat64(8, true), 12.5);
  assert.deepEqual([...picture.slice(16)], [7, 8]);

  socket.onclose({ code: 1006 });
  assert.match(said.at(-1) ?? "", /connection was lost/);
  t.mock.timers.tick(600);
  assert.equal(Socket.all[1].url.searchParams.get("token"), "again");
  link.stop();
});

test("what the page finds while the connection is away is sent when it is back, oldest first", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let at = 0;
  Socket.all = [];
  const pose = async () => ((at += 40) > 200 ? null : { kind: 2, captured: at, bytes: new ArrayBuffer(12) });
  const link = new Link({
    sight: { place: "page", busy: false, next: pose },
    heard: () => {}, state: () => {}, token: () => "first", retoken: () => {},
  });
  link.start("/app/coach/socket");
  Socket.all[0].says({ type: "hello", resume: "again", model: "full" });
  // The request for a pose may come with the answer to the one before.
  Socket.all[0].says({ type: "go" });
  await new Promise(setImmediate);
  Socket.all[0].says({ type: "state", seq: 1, say: [], go: { type: "go" } });
  await new Promise(setImmediate);
  assert.equal(Socket.all[0].sent.length, 2);
  Socket.all[0].onclose({ code: 1006 });
  await new Promise(setImmediate);
  t.mock.timers.tick(600);
  Socket.all[1].says({ type: "hello", resume: "more", model: "full" });
  const sent = Socket.all[1].sent.map((whole) => new DataView(whole.buffer));
  assert.deepEqual(sent.map((view) => view.getFloat64(8, true)), [80, 120, 160, 200]);
  assert.deepEqual(sent.map((view) => view.getUint8(23)), [4, 4, 4, 4]);
  assert.deepEqual(sent.map((view) => view.getUint32(4, true)), [2, 3, 4, 5]);
  link.stop();
});
