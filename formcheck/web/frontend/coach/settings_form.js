// @ts-check
// The form in which voice and camera are set, and the buttons that stand for settings.

import { finder, scrolling } from "../dom.js";
import { _ } from "../words.js";
import { isNear } from "./pose_place.js";
import { isMirrored, keepSettings } from "./settings.js";

/** @import { Find } from "../dom.js" */
/** @import { Settings } from "./types" */
/** @import { Speaker } from "./voice.js" */

export class SettingsForm {
  /**
   * facing(): which way the camera looks; cameraChosen(): another one is wanted now; poseChosen(): the
   * pose is to be found elsewhere.
   * @param {HTMLElement} root
   * @param {Find} find
   * @param {Settings} settings
   * @param {Speaker} speaker
   * @param {() => string} facing
   * @param {() => void} cameraChosen
   * @param {() => void} poseChosen
   */
  constructor(root, find, settings, speaker, facing, cameraChosen, poseChosen) {
    this.root = root;
    this.find = find;
    this.settings = settings;
    this.speaker = speaker;
    this.facing = facing;
    this.cameraChosen = cameraChosen;
    this.poseChosen = poseChosen;
    this.form = find(".settings");
    const inForm = finder(this.form);
    /** @param {string} name */
    this.select = (name) => /** @type {HTMLSelectElement} */ (inForm(`[name=${name}]`));
    /** @param {string} name */
    this.input = (name) => /** @type {HTMLInputElement} */ (inForm(`[name=${name}]`));
  }

  /** @param {Partial<Settings>} some */
  change(some) {
    Object.assign(this.settings, some);
    keepSettings(this.settings);
    if (!this.settings.voice) this.speaker.silence();
    this.show();
  }

  get mirrored() {
    return isMirrored(this.settings, this.facing());
  }

  get pictures() {
    return this.settings.pictures ?? isNear(location.hostname);
  }

  read() {
    const { camera, pose } = this.settings;
    const pictured = this.input("pictures").checked;
    this.change({
      camera: this.select("camera").value,
      pose: /** @type {Settings["pose"]} */ (this.select("pose").value),
      voiceName: this.select("voiceName").value,
      tones: /** @type {Settings["tones"]} */ (this.select("tones").value),
      rate: Number(this.input("rate").value),
      volume: Number(this.input("volume").value),
      numbers: this.input("numbers").checked,
      pictures: pictured === this.pictures ? this.settings.pictures : pictured,
    });
    if (this.settings.camera !== camera) this.cameraChosen();
    if (this.settings.pose !== pose) this.poseChosen();
  }

  toggle() {
    const { form } = this;
    form.hidden = !form.hidden;
    if (!form.hidden) form.scrollIntoView({ block: "nearest", behavior: scrolling() });
    this.find('[data-do="settings"]').setAttribute("aria-expanded", String(!form.hidden));
    this.show();
  }

  async show() {
    const { settings, speaker } = this;
    this.root.classList.toggle("mirrored", this.mirrored);
    this.find('[data-do="mirror"]').setAttribute("aria-pressed", String(this.mirrored));
    this.find('[data-do="voice"]').setAttribute("aria-pressed", String(settings.voice));
    this.find('[data-do="voice"] span').textContent = settings.voice ? _("Sound on") : _("Sound off");
    this.select("tones").value = settings.tones;
    this.select("pose").value = settings.pose;
    this.input("rate").value = String(settings.rate);
    this.input("volume").value = String(settings.volume);
    this.input("numbers").checked = settings.numbers;
    this.input("pictures").checked = this.pictures;
    this.find(".numbers").hidden = !settings.numbers;
    offer(this.select("voiceName"), settings.voiceName, [
      ["", _("Automatic")],
      ...speaker.voices().map(({ voiceURI, name, localService }) =>
        [voiceURI, localService ? name : _("{name} (sends the words to its maker)", { name })]),
    ]);
    this.find(".voices").textContent = speaker.voice()
      ? ""
      : _("This browser has no voice of its own for this language: tones stand in for it.");
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const cameras = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
    offer(this.select("camera"), settings.camera, [
      ["", _("Default camera")],
      ...cameras.map(({ deviceId, label }, i) => [deviceId, label || _("Camera {n}", { n: i + 1 })]),
    ]);
  }
}

/**
 * Offers values with their texts.
 * @param {HTMLSelectElement} select
 * @param {string} chosen
 * @param {string[][]} pairs
 */
function offer(select, chosen, pairs) {
  const key = JSON.stringify(pairs);
  if (select.dataset.shown !== key) {
    select.dataset.shown = key;
    select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  }
  select.value = pairs.some(([value]) => value === chosen) ? chosen : "";
}
