// What the server sends to the page, and what the page's script hands to the component.

export interface Point { x: number; y: number }
export interface Box extends Point { width: number; height: number }
export type Maybe<T> = T | null;

/** The start pose, 33 points, and outlines of what is needed, in body heights; all of a rep is within the extent. */
export interface Ghost {
  points: [number, number][];
  props: [number, number][][];
  extent: [[number, number], [number, number]];
}
/** A moving picture, a still for who wants nothing to move, and what is wrong in it ("" = nothing). */
export interface Loop { src: string; still: string; words: string }
/** How an exercise is shown. place: an SVG of where the camera goes. */
export interface Shown { name: string; loops: Loop[]; ghost: Maybe<Ghost>; place: Maybe<string> }

export type Verdict = "clean" | "mild" | "marked" | "not_assessed";
export interface Callout { id: string; title: string; joint: number; cue: string; severity: "mild" | "marked" }
export interface Angle { joints: [number, number, number]; deg: Maybe<number>; name: string }
export interface Check { id: string; state: "ok" | "wrong" | "unknown"; text: string }
export interface Setup { checks: Check[]; ready: boolean; held: number; say: Maybe<string> }
export interface Hold { s: number; clean_s: number; target_s: Maybe<number>; left_s: Maybe<number>; paused: boolean }
export interface Guide { phase: string; position: number; left_s: number; label: string }

export interface Utterance {
  id: number;
  text: string;
  kind: string;
  interrupt: boolean;
  /** On the page's clock, seconds; null = never too late. */
  expires_s: Maybe<number>;
  tone: string;
  /** Noted here: when it came (ms), and why it was not spoken. */
  at_ms?: number;
  dropped?: string;
}

export type ItemState = "done" | "now" | "todo" | "skipped" | "stopped";
export interface Item { position: number; exercise: string; name: string; dose: string; state: ItemState }

/** The circuit that is under way. */
export interface LiveCircuit {
  title: string;
  stage: string;
  items: Item[];
  next: Maybe<{ exercise: string; name: string; dose: string; how: string }>;
  break_left_s: Maybe<number>;
  moving_camera: boolean;
  end_reason: string;
}

/** The answer to one picture. */
export interface State {
  type: "state";
  stage: string;
  exercise: { id: string; name: string };
  /** When the picture was taken, ms on the page's clock. */
  capture_ms: number;
  /** Of 33 landmarks: shares of the picture, null where not seen. */
  landmarks: Maybe<[Maybe<number>, Maybe<number>][]>;
  setup: Maybe<Setup>;
  countdown: Maybe<number>;
  reps: number;
  target: Maybe<number>;
  partials: number;
  /** Reps by side; only of the side that works, where one was asked for. */
  sides: Maybe<Record<string, number>>;
  /** Of every rep of this set, in order. */
  verdicts: Verdict[];
  side: Maybe<string>;
  angle: Maybe<Angle>;
  phase: string;
  phase_word: string;
  progress: number;
  hold: Maybe<Hold>;
  guide: Maybe<Guide>;
  callouts: Callout[];
  person_seen: boolean;
  letter: Maybe<string>;
  /** An arm is held up, which may become a sign. */
  arm_up: boolean;
  /** keeps: there is a set for which the answers are kept. */
  pain: { ask: boolean; hurts: boolean; keeps: boolean; text: string; where: string; level: Maybe<number> };
  circuit: Maybe<LiveCircuit>;
  skipped: number;
  say: Utterance[];
  /** How long the server took for it. */
  ms?: { total: number };
  seq: number;
  /** The request for the next pose comes with the answer to one. */
  go?: Order;
}

/** What the server asks for; each with the next picture. Places are shares of the picture. */
export interface Order {
  /** Look around for everybody. */
  look?: boolean;
  /** Outlines to be blanked before that. */
  hide?: [number, number][][];
  /** Show the tracker who is in this box, without these outlines. */
  only?: { box: number[]; hide?: [number, number][][] };
  /** Follow how the clothes over the trunk move. */
  trunk?: boolean;
}

export interface RuntimePlace { bundle: string; loader: string; wasm: string; model: string; name: string; version: string }
export interface Start extends RuntimePlace { gpu: boolean; motion: string }
/** One picture for the worker, which closes it. captured: ms on the page's clock. */
export interface Job {
  picture: VideoFrame | ImageBitmap;
  width: number;
  height: number;
  captured: number;
  order: Order;
}
/** Of the lower trunk, by band: see trunk_motion.js. */
export interface Motion { run: number; moved: ArrayLike<number>; error: ArrayLike<number>; texture: ArrayLike<number> }
/** What was found: people as 33 x (x, y, z, visibility) and 33 x (x, y, z) each, who is tracked first. */
export interface Found {
  width: number;
  height: number;
  people: Float32Array;
  tracked: boolean;
  /** 0: nobody else was looked for, 1: they were, 2: with outlines blanked. */
  looked: number;
  light: number;
  motion: Maybe<Motion>;
  ms: number;
}

export type Message =
  | State
  | ({ type: "go" } & Order)
  | { type: "hello"; resume: string; model: string }
  | { type: "model"; model: string; text: string }
  | { type: "error" | "warning" | "note" | "stopped"; text: string }
  | { type: "finished"; set_id: string };

/** What the page's script hands over. */
export interface PageData {
  token: string;
  path: string;
  /** Where the server tells of the runtime that finds poses. */
  runtime: string;
  /** Which model was asked for, "auto" = whichever is fast enough. */
  model: string;
  language: string;
  words: Record<string, string[]>;
  exercise: { id: string; name: string; setup: string; posture: string };
  /** By the id of the exercise. */
  shown: Record<string, Shown>;
  circuit: Maybe<{ title: string; round: string; start: string; items: Item[] }>;
}

/** The component as Streamlit hands it to its module. */
export interface Component {
  data: PageData;
  parentElement: HTMLElement;
  setTriggerValue(name: string, value: unknown): void;
}

export interface Settings {
  camera: string;
  voice: boolean;
  voiceName: string;
  tones: "no" | "too" | "only";
  rate: number;
  volume: number;
  /** Whether the picture is shown mirrored; null = as fits the camera. */
  mirrored: Maybe<boolean>;
  numbers: boolean;
  /** Where the pose is found. */
  pose: "auto" | "page" | "server";
  /** Whether pictures are sent for the report where the pose is found here; null = only to this computer. */
  pictures: boolean | null;
}
