// @ts-check
// Says what the coach says, one thing at a time, with a voice of this device, or in tones.

/** @import { Settings, Utterance } from "./types" */

import { language } from "../words.js";

/** @type {Record<string, number[]>} Frequencies in Hz, one after another. */
const TONES = {
  count: [660], tick: [520], hold: [440, 660], ready: [520, 660, 880], fault: [330, 260], end: [660, 880, 1100],
};
const TONE_S = 0.11;

export class Speaker {
  /** @param {Settings} settings */
  constructor(settings) {
    this.settings = settings;
    /** @type {Utterance[]} */
    this.queue = [];
    /** @type {Utterance | null} */
    this.saying = null;
    /** @type {Utterance[]} */
    this.log = [];
    /** @type {AudioContext | null} */
    this.audio = null;
    this.unlocked = false;
    this.synthesis = window.speechSynthesis ?? null;
  }

  // Browsers let a page make a sound only after a click: this is called in one.
  unlock() {
    if (window.AudioContext) this.audio ??= new AudioContext();
    this.audio?.resume();
    this.synthesis?.resume?.();
    this.synthesis?.getVoices();
    // Apple's phones want the first words themselves said in the click.
    if (!this.unlocked && this.synthesis && navigator.maxTouchPoints && /Apple/.test(navigator.vendor))
      this.synthesis.speak(Object.assign(new SpeechSynthesisUtterance(" "), { volume: 0 }));
    this.unlocked = true;
  }

  // Voices that speak the page's language, those of this device first: others send the text to their maker.
  voices() {
    const all = this.synthesis?.getVoices() ?? [];
    const fitting = all.filter((voice) => voice.lang.toLowerCase().split(/[-_]/)[0] === language);
    return fitting.sort((a, b) => Number(b.localService) - Number(a.localService));
  }

  voice() {
    const voices = this.voices();
    const chosen = voices.find((voice) => voice.voiceURI === this.settings.voiceName);
    return chosen ?? voices.find((voice) => voice.localService && voice.default) ?? voices.find((v) => v.localService);
  }

  get speaks() {
    return this.settings.voice && this.settings.tones !== "only" && Boolean(this.voice());
  }

  /** @param {Utterance} utterance */
  hear(utterance) {
    const { voice: on, tones } = this.settings;
    utterance.at_ms = performance.now();
    this.log.push(utterance);
    if (!on) return;
    // What has no words is a tone: the seconds of a tempo.
    if (tones !== "no" || !this.speaks || !utterance.text) this.tone(utterance.tone);
    if (!this.speaks || !utterance.text) return;
    if (utterance.interrupt) this.silence();
    this.queue.push(utterance);
    this.next();
  }

  silence() {
    for (const utterance of this.queue) utterance.dropped = "cut off";
    this.queue = [];
    this.saying = null;
    // Safari drops what is said right after a cancel; so there is none when nothing is said.
    if (this.synthesis?.speaking || this.synthesis?.pending) this.synthesis.cancel();
  }

  next() {
    if (this.saying) return;
    // Too late is worse than not at all.
    const now = performance.now() / 1000;
    /** @param {Utterance} utterance */
    const late = (utterance) => utterance.expires_s !== null && utterance.expires_s < now;
    let mine = this.queue.shift();
    while (mine && late(mine)) {
      mine.dropped = "late";
      mine = this.queue.shift();
    }
    const voice = this.voice();
    if (!mine || !voice || !this.synthesis) return;
    this.saying = mine;
    const spoken = new SpeechSynthesisUtterance(mine.text);
    Object.assign(spoken, { voice, lang: voice.lang, rate: this.settings.rate, volume: this.settings.volume });
    const over = () => {
      if (this.saying !== mine) return;
      this.saying = null;
      this.next();
    };
    spoken.onend = over;
    spoken.onerror = over;
    // Some browsers forget to say that they have ended.
    setTimeout(over, 1500 + 130 * mine.text.length);
    this.synthesis.speak(spoken);
  }

  /** @param {string} name */
  tone(name) {
    const notes = TONES[name];
    const { audio } = this;
    if (!notes || !audio) return;
    let at = audio.currentTime + 0.01;
    for (const frequency of notes) {
      const sound = audio.createOscillator();
      const loudness = audio.createGain();
      sound.frequency.value = frequency;
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(0.35 * this.settings.volume, at + 0.015);
      loudness.gain.linearRampToValueAtTime(0, at + TONE_S);
      sound.connect(loudness).connect(audio.destination);
      sound.start(at);
      sound.stop(at + TONE_S);
      at += TONE_S;
    }
  }

  close() {
    this.silence();
    this.audio?.close();
  }
}
