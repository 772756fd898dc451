// @ts-nocheck
// Keeps what does not change on the device, and shows a page of its own when the server is away.
// The server writes `self.KEPT` before this: where things are, and which version.

const { version, away, first, forGood } = self.KEPT;
const CACHE = `formcheck-${version}`;
// What a proxy says whose server is away.
const GONE = [502, 503, 504];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([away, ...first])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (forGood.some((start) => new URL(request.url).pathname.startsWith(start))) event.respondWith(kept(request));
});

// Those of other versions. Only ours: the address may be shared with other pages.
async function forget() {
  for (const name of await caches.keys()) if (name.startsWith("formcheck-") && name !== CACHE) await caches.delete(name);
}

async function page(request) {
  const answer = await fetch(request).catch(() => null);
  if (answer && !GONE.includes(answer.status)) return answer;
  return (await caches.match(away)) ?? answer ?? Response.error();
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  const before = await cache.match(request);
  if (before) return before;
  const answer = await fetch(request);
  if (answer.ok) cache.put(request, answer.clone());
  return answer;
}
