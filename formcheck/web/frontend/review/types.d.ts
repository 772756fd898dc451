// What the page shows of a set: see review_data.py.

export interface Fault { id: string; severity: "mild" | "marked"; at: number; short: string; text: string }

export interface Rep {
  kind: "rep" | "partial";
  label: string;
  short: string;
  meta: string;
  start: number;
  end: number;
  note: string;
  faults: Fault[];
}

export interface ReviewData {
  id: string;
  video: string;
  size: [number, number];
  span: [number, number];
  from: number;
  signal: { title: string; symbol: string; time: number[]; value: (number | null)[] };
  reps: Rep[];
  holds: [number, number, string][];
  words: { label: string; rep: string; partial: string; hold: string; marked: string; mild: string; keys: string; none: string; slow: string };
}
