// @ts-check
// Lets the page be put on a home screen. It is told to the page itself, since Streamlit writes its head.

const ROOT = new URL("../../", import.meta.url);

export function installable() {
  if (document.querySelector("link[rel=manifest]")) return;
  link("manifest", "install/manifest.json");
  link("apple-touch-icon", "install/icon-192.png");
  // Elsewhere than on one's own computer this needs HTTPS, as the camera does.
  navigator.serviceWorker?.register(new URL("service_worker.js", ROOT)).catch(() => {});
}

/** @param {string} rel @param {string} path */
function link(rel, path) {
  const link = Object.assign(document.createElement("link"), { rel, href: new URL(path, ROOT).href });
  document.head.append(link);
}
