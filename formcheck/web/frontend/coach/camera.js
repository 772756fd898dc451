// @ts-check
// The camera, and its newest picture as a JPEG.

import { N_, _ } from "../words.js";

const LONG_SIDE_PX = 640;
const QUALITY = 0.8;
const UNTOLD_MS = 150;
const LOOK_EVERY_MS = 30;
const FROZEN_MS = 1500;

// A JPEG takes 20 ms to make: in a worker it holds up neither the picture nor the drawing.
const ENCODER = `
  let canvas, context;
  onmessage = async ({ data }) => {
    const { picture, width, height, quality, id } = data;
    if (!canvas || canvas.width !== width || canvas.height !== height) {
      canvas = new OffscreenCanvas(width, height);
      context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    }
    context.drawImage(picture, 0, 0, width, height);
    picture.close();
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    const bytes = await blob.arrayBuffer();
    postMessage({ id, bytes }, [bytes]);
  };
`;

/** @type {Record<string, string>} */
const CAMERA_TROUBLE = {
  NotAllowedError:
    N_("The browser was not allowed to use the camera. Allow it beside the address of this page, then try again."),
  NotFoundError: N_("No camera was found. Plug one in, then try again."),
  NotReadableError: N_("The camera is used by another program. Close that one, then try again."),
  AbortError: N_("The camera stopped while it was starting. Unplug it and plug it in again, then try again."),
  OverconstrainedError: N_("The camera that was chosen is not here any more. Choose another one below."),
};

export class Camera {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.captured = 0; // ms of performance.now() at which the shown picture was taken
    this.sent = 0; // that of the one sent last
    this.facing = ""; // "environment" = away from the screen, "user" or "" = towards who looks at it
    this.lost = false; // it was there, and could not be had again
    /** @type {(() => void)[]} who asked before there was a new picture; each gets one of its own */
    this.waiting = [];
    /** @type {Worker | null} */
    this.encoder = null;
    /** @type {Map<number, (bytes: ArrayBuffer | null) => void>} */
    this.jobs = new Map();
    /** @type {HTMLCanvasElement | null} */
    this.canvas = null;
    this.job = 0;
  }

  /** deviceId: "" = the usual one. @param {string} deviceId */
  async start(deviceId) {
    this.stop();
    this.lost = false;
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error(
        _("A browser gives its camera only to pages on this computer or over HTTPS; open this page that way."),
      );
    }
    // Larger than what is sent: it is shown on a screen, and a wide picture shows more of the room.
    const wish = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
    /** @param {MediaTrackConstraints} video */
    const ask = (video) => navigator.mediaDevices.getUserMedia({ audio: false, video });
    try {
      this.stream = await ask(deviceId ? { ...wish, deviceId: { exact: deviceId } } : { ...wish, facingMode: "user" });
    } catch (error) {
      if (!deviceId || Object(error).name !== "OverconstrainedError") throw told(error);
      this.stream = await ask(wish).catch((again) => {
        throw told(again);
      });
    }
    this.facing = facing(this.stream.getVideoTracks()[0]);
    this.video.srcObject = this.stream;
    await this.video.play().catch((error) => {
      throw told(error);
    });
    this.captured = Math.max(this.captured, performance.now() - 1);
    this.watch();
  }

  get on() {
    return this.stream !== null || this.lost;
  }

  /** What is wrong with a camera that was started: gone, muted, frozen; "" = nothing. */
  get trouble() {
    const [track] = this.stream?.getVideoTracks() ?? [];
    if (this.lost || track?.readyState === "ended") return "gone";
    if (!track || document.hidden) return "";
    if (performance.now() - this.captured < FROZEN_MS) return "";
    return track.muted ? "muted" : "frozen";
  }

  /** Tries to have it again. @param {string} deviceId */
  async reopen(deviceId) {
    await this.start(deviceId).catch(() => {
      this.stop();
      this.lost = true;
    });
  }

  stop() {
    this.lost = false;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.encoder?.terminate();
    this.encoder = null;
    for (const done of this.waiting.splice(0)) done();
    for (const done of this.jobs.values()) done(null);
    this.jobs.clear();
  }

  // Notes when each picture was taken; gives one out to who waits for it.
  watch() {
    const { stream, video } = this;
    let told = -Infinity;
    let before = -1;
    /** @param {number} now @param {VideoFrameCallbackMetadata} about */
    const shown = (now, about) => {
      if (this.stream !== stream) return;
      told = now;
      this.came(captureTime(now, about));
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback?.(shown);
    // A page behind another one is not told, or seldom; the camera's pictures come all the same.
    const look = () => {
      if (this.stream !== stream) return;
      const now = performance.now();
      const newest = video.getVideoPlaybackQuality?.().totalVideoFrames || video.currentTime;
      if (newest !== before && now - told > UNTOLD_MS) this.came(now);
      before = newest;
      setTimeout(look, LOOK_EVERY_MS);
    };
    look();
  }

  /** @param {number} captured */
  came(captured) {
    if (captured <= this.captured) return;
    this.captured = captured;
    this.waiting.shift()?.();
  }

  /** The newest picture that was not given out yet, to be closed; null when the camera went. */
  async taken() {
    const stream = await this.fresh();
    if (!stream) return null;
    const { captured, width, height } = this.give();
    const picture = width && height ? await this.picture() : null;
    if (picture && this.stream === stream) return { captured, picture, width, height };
    picture?.close();
    return null;
  }

  /** The same as a JPEG. */
  async next() {
    const stream = await this.fresh();
    if (!stream) return null;
    const { captured, width, height } = this.give();
    const bytes = await this.jpeg(width, height);
    return bytes && this.stream === stream ? { captured, bytes } : null;
  }

  // Waits until there is a picture that was not given out yet.
  async fresh() {
    const stream = this.stream;
    if (this.captured <= this.sent) await new Promise((done) => this.waiting.push(() => done(null)));
    return this.stream === stream ? stream : null;
  }

  give() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONG_SIDE_PX / Math.max(videoWidth, videoHeight));
    return {
      captured: (this.sent = this.captured),
      width: Math.round(videoWidth * scale),
      height: Math.round(videoHeight * scale),
    };
  }

  /** @param {number} width @param {number} height @returns {Promise<ArrayBuffer | null>} */
  async jpeg(width, height) {
    if (!width || !height) return null;
    if (typeof OffscreenCanvas === "undefined") return this.jpegHere(width, height);
    return this.encoded(await this.picture(), width, height);
  }

  /** A picture as a JPEG; it is closed. @param {VideoFrame | ImageBitmap} picture @param {number} width @param {number} height @returns {Promise<ArrayBuffer | null>} */
  encoded(picture, width, height) {
    const encoder = (this.encoder ??= this.newEncoder());
    const id = (this.job += 1);
    return new Promise((done) => {
      this.jobs.set(id, done);
      encoder.postMessage({ picture, width, height, quality: QUALITY, id }, [picture]);
    });
  }

  // A VideoFrame is handed over without a copy: half the time of an ImageBitmap, and none of
  // it taken from the page. A camera turned by 90 degrees may come unturned in it.
  async picture() {
    const { video } = this;
    if (typeof VideoFrame !== "undefined") {
      const frame = new VideoFrame(video);
      if (frame.displayWidth === video.videoWidth && frame.displayHeight === video.videoHeight) return frame;
      frame.close();
    }
    return createImageBitmap(video);
  }

  newEncoder() {
    const url = URL.createObjectURL(new Blob([ENCODER], { type: "text/javascript" }));
    const encoder = new Worker(url);
    URL.revokeObjectURL(url);
    encoder.onmessage = ({ data }) => {
      this.jobs.get(data.id)?.(data.bytes);
      this.jobs.delete(data.id);
    };
    return encoder;
  }

  /** @param {number} width @param {number} height */
  async jpegHere(width, height) {
    const canvas = (this.canvas ??= document.createElement("canvas"));
    Object.assign(canvas, { width, height });
    canvas.getContext("2d")?.drawImage(this.video, 0, 0, width, height);
    /** @type {Blob | null} */
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return blob?.arrayBuffer() ?? null;
  }
}

/**
 * ms of performance.now() at which the camera took the picture; when it was shown, where the
 * browser does not know or counts from another beginning.
 * @param {number} now
 * @param {{ captureTime?: number }} about
 */
export function captureTime(now, { captureTime: taken }) {
  return taken !== undefined && taken > now - 1000 && taken <= now ? taken : now;
}

const BACK = /\b(back|rear|environment)\b|trasera|posterior/i;

/** Which way a camera looks. @param {Pick<MediaStreamTrack, "getSettings" | "label">} track */
export function facing(track) {
  // Not every browser tells; phones name their cameras by it.
  return track.getSettings().facingMode ?? (BACK.test(track.label) ? "environment" : "");
}

/** The error in words that say what to do. @param {unknown} error */
export function told(error) {
  const { name = "", message = String(error) } = Object(error);
  const known = CAMERA_TROUBLE[name];
  return new Error(known ? _(known) : _("The camera can't be used ({message}).", { message }));
}
