// @ts-check
// What is sent for each picture that the server asks for: the picture, or the poses that were found in
// it here. Which of the two is chosen and measured, and changed when it does not work out.

/** @import { Camera } from "./camera.js" */
/** @import { Order, Settings, State } from "./types" */

import { N_, _ } from "../words.js";
import { PoseFinder, hasGraphicsCard, isAble } from "./pose_finder.js";
import { PICTURE, POSE, poseBytes } from "./pose_message.js";
import { choose, isNear, remember, remembered } from "./pose_place.js";

// The first pictures warm the networks up.
const WARM_UP = 4;
const MEASURED = 12;
const SERVER_MEASURED = 60;
// Pictures for the report come so often.
const PICTURED_MS = 140;
// The server takes no larger one.
const MOST_PICTURED_BYTES = 300_000;

/** @type {Record<string, string>} why pictures are sent */
const WHY = {
  unable: N_("This browser can't find the pose by itself: pictures go to the computer that serves this page."),
  slow: N_("This device is too slow to find the pose: pictures go to the computer that serves this page."),
  broken: N_("The pose can't be found on this device ({why}): pictures go to the computer that serves this page."),
};
const NEITHER = N_("The pose can't be found on this device ({why}). No pictures are sent: choose otherwise in the settings.");

export class Sight {
  /**
   * where() says the address that tells of the runtime, which model was asked for, and whether a
   * set runs.
   * told(text): what people should know, "" = nothing more; changed(): another place or model now.
   * @param {Pick<Camera, "next" | "taken" | "encoded">} camera
   * @param {Settings} settings
   * @param {() => { path: string, model: string, running: boolean }} where
   * @param {(text: string) => void} told
   * @param {() => void} changed
   * @param {() => PoseFinder} make
   */
  constructor(camera, settings, where, told, changed, make = () => new PoseFinder()) {
    this.camera = camera;
    this.settings = settings;
    this.where = where;
    this.told = told;
    this.changed = changed;
    this.make = make;
    /** @type {"page" | "server" | "none"} */
    this.place = "server";
    this.model = "";
    /** @type {PoseFinder | null} */
    this.finder = null;
    this.ready = false;
    /** @type {{ finder: PoseFinder, model: string, started: Promise<boolean> } | null} one that nobody started yet */
    this.prepared = null;
    this.speeds = remembered();
    /** @type {number[]} */
    this.times = [];
    /** @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    this.finding = false;
    this.pictured = -Infinity;
  }

  /** Whether there is nothing to be sent yet, through no fault of the server. */
  get busy() {
    return this.place !== "server" && (this.finding || !this.ready);
  }

  /** Gets ready while nobody has started yet: what is loaded then is not waited for. */
  prepare() {
    const { place, model } = this.chosen(isAble());
    if (this.prepared || this.finder || place !== "page") return;
    const finder = this.make();
    // What fails here is tried again, and told, at the start.
    const started = finder.start(this.where().path, model, hasGraphicsCard()).then(() => true, () => false);
    this.prepared = { finder, model, started };
  }

  /** Decides anew and gets ready for it. */
  start() {
    this.stop();
    this.told("");
    this.decide(isAble());
    this.leavePrepared();
  }

  close() {
    this.stop();
    this.leavePrepared();
  }

  leavePrepared() {
    this.prepared?.finder.stop();
    this.prepared = null;
  }

  stop() {
    this.finder?.stop();
    this.finder = null;
    this.ready = false;
    this.times = [];
  }

  /** @param {boolean} able */
  chosen(able) {
    const { pose: wish } = this.settings;
    const near = isNear(location.hostname);
    const gpu = wish !== "server" && hasGraphicsCard();
    return { gpu, ...choose({ wish, near, gpu, able, model: this.where().model, ...this.speeds }) };
  }

  /** @param {boolean} able */
  decide(able) {
    const { gpu, place, model, why } = this.chosen(able);
    if (place === "page" && this.place === "page" && this.finder) {
      if (this.model !== model) this.replace(model, gpu);
      return;
    }
    this.stop();
    this.place = place;
    this.model = place === "page" ? model : "";
    if (WHY[why]) this.told(_(WHY[why]));
    this.changed();
    if (place === "page") this.load(gpu);
  }

  /** @param {boolean} gpu */
  async load(gpu) {
    const { prepared, model } = this;
    const fits = prepared?.model === model;
    if (prepared && fits) this.prepared = null;
    let finder = (this.finder = prepared && fits ? prepared.finder : this.make());
    try {
      if (!prepared || !fits) await finder.start(this.where().path, model, gpu);
      else if (!(await prepared.started) && this.finder === finder) {
        finder = this.finder = this.make();
        await finder.start(this.where().path, model, gpu);
      }
      if (this.finder === finder) this.ready = true;
    } catch (error) {
      if (this.finder === finder) this.failed(error);
    }
  }

  // With another model; until that is ready the one that works goes on.
  /** @param {string} model @param {boolean} gpu */
  async replace(model, gpu) {
    const before = this.finder;
    const finder = this.make();
    const started = await finder.start(this.where().path, model, gpu).then(() => true, () => false);
    if (!started || this.finder !== before) {
      finder.stop();
      return;
    }
    await this.turn;
    before?.stop();
    this.finder = finder;
    this.model = model;
    this.times = [];
    this.changed();
  }

  /** @param {unknown} error */
  failed(error) {
    const why = String(Object(error).message ?? error);
    this.stop();
    // Who chose this device did not choose to have pictures sent to somebody else's.
    this.place = this.settings.pose === "page" && !isNear(location.hostname) ? "none" : "server";
    this.model = "";
    this.told(_(this.place === "none" ? NEITHER : WHY.broken, { why }));
    this.changed();
  }

  /** What answers an order: kind, capture time and body; null when there is none now. @param {Order} order */
  async next(order) {
    if (this.place === "server") {
      const picture = await this.camera.next();
      return picture && { kind: PICTURE, ...picture };
    }
    if (!this.ready) return null;
    // One after the other, each with the newest picture there is when its turn comes.
    const found = this.turn.then(() => this.find(order));
    this.turn = found.catch(() => null);
    return found;
  }

  /** @param {Order} order */
  async find(order) {
    const taken = await this.camera.taken();
    const { finder, model } = this;
    if (!taken) return null;
    if (!finder || !this.ready) {
      taken.picture.close();
      return null;
    }
    this.finding = true;
    try {
      const began = performance.now();
      const jpeg = this.forReport(taken);
      const found = await finder.find({ ...taken, order });
      if (!order.look && !order.only) this.measure(performance.now() - began);
      return { kind: POSE, captured: taken.captured, bytes: poseBytes(found, model, await jpeg) };
    } catch (error) {
      if (this.finder === finder) this.failed(error);
      return null;
    } finally {
      this.finding = false;
    }
  }

  /**
   * The picture for the report; null unless the person wants some, and one is due.
   * @param {{ picture: VideoFrame | ImageBitmap, width: number, height: number }} taken
   */
  async forReport({ picture, width, height }) {
    const wanted = this.settings.pictures ?? isNear(location.hostname);
    const now = performance.now();
    if (!wanted || !this.where().running || now - this.pictured < PICTURED_MS) return null;
    this.pictured = now;
    const copy = "clone" in picture ? picture.clone() : await createImageBitmap(picture);
    const jpeg = await this.camera.encoded(copy, width, height).catch(() => null);
    return jpeg && jpeg.byteLength <= MOST_PICTURED_BYTES ? jpeg : null;
  }

  /** @param {number} ms */
  measure(ms) {
    this.times.push(ms);
    if (this.times.length !== WARM_UP + MEASURED) return;
    const median = this.times.slice(WARM_UP).sort((a, b) => a - b)[MEASURED / 2];
    this.speeds.ms = { ...this.speeds.ms, [this.model]: median };
    remember(this.speeds);
    this.decide(true);
  }

  /** How long the server took for a picture counts when it is decided the next time. @param {State} state */
  answered({ ms }) {
    if (this.place !== "server" || !ms) return;
    this.times.push(ms.total);
    if (this.times.length !== WARM_UP + SERVER_MEASURED) return;
    this.speeds.serverMs = this.times.slice(WARM_UP).sort((a, b) => a - b)[SERVER_MEASURED / 2];
    remember(this.speeds);
  }

  /** Where it is found, for people. @param {string} serverModel */
  words(serverModel) {
    if (this.place === "page") return _("Pose found on this device ({model})", { model: this.model });
    if (this.place === "none") return _("No pose is found");
    return _("Pose found on the computer that serves this page ({model})", { model: serverModel });
  }
}
