// Where the words of a callout stand: near the joint, off the body, off other boxes, and
// where they stood before, so that they do not flicker.

const COLUMNS = 9;
const ROWS = 11;
// What a place costs, in units of a tenth of the picture's height.
const COST = { covered: 0.9, joint: 12, moving: 4 };

class Places {
  constructor() {
    this.kept = new Map(); // callout -> {x, y}, shares of the area
  }

  // Forgets the places of callouts that are over.
  only(names) {
    for (const name of this.kept.keys()) if (!names.includes(name)) this.kept.delete(name);
  }

  // The box (px) for a label of this size; null = there is no room. taken: boxes to keep off.
  find(name, { width, height }, { joints, body, taken, area, unit }) {
    const before = this.kept.get(name);
    let best = null;
    for (const spot of this.spots(before, width, height, area)) {
      const box = { ...spot, width, height };
      if (taken.some((other) => overlap(grown(box, unit), other))) continue;
      const cost = this.cost(box, joints, body, unit) - (spot.before ? COST.moving : 0);
      if (!best || cost < best.cost) best = { box, cost };
    }
    if (!best) return null;
    const { box } = best;
    this.kept.set(name, { x: (box.x - area.x) / area.width, y: (box.y - area.y) / area.height });
    return { x: box.x, y: box.y, width, height };
  }

  *spots(before, width, height, area) {
    const room = { x: area.width - width, y: area.height - height };
    if (room.x < 0 || room.y < 0) return;
    if (before)
      yield {
        x: area.x + Math.min(before.x * area.width, room.x),
        y: area.y + Math.min(before.y * area.height, room.y),
        before: true,
      };
    for (let i = 0; i < COLUMNS; i += 1)
      for (let j = 0; j < ROWS; j += 1)
        yield { x: area.x + (room.x * i) / (COLUMNS - 1), y: area.y + (room.y * j) / (ROWS - 1) };
  }

  cost(box, joints, body, unit) {
    const wide = grown(box, 3 * unit);
    const far = joints.map((joint) => distance(joint, box) / (10 * unit));
    const covered = body.filter((point) => inside(point, wide)).length;
    const hides = far.some((one) => one < 0.5) ? COST.joint : 0;
    return far.reduce((sum, one) => sum + one, 0) / far.length + COST.covered * covered + hides;
  }
}

function distance(point, box) {
  return Math.hypot(
    Math.max(box.x - point.x, 0, point.x - box.x - box.width),
    Math.max(box.y - point.y, 0, point.y - box.y - box.height),
  );
}

function inside(point, box) {
  return point.x > box.x && point.x < box.x + box.width && point.y > box.y && point.y < box.y + box.height;
}

function grown(box, by) {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
