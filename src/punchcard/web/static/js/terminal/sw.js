// Keeps the terminal's shell. The server writes `const SHELL` before this: what to keep, and the
// version that names the cache. Nothing of the API is ever kept here.

const CACHE = `terminal-${SHELL.version}`;
/** What is large and seldom needed is kept when it was asked for once. */
const LATER = "terminal-later";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const cache = await caches.open(CACHE);
  const wanted = SHELL.files.map((file) => {
    // Files below /static/ never change; all others are asked for anew.
    const isFixed = file.startsWith("/static/");
    return new Request(file, { credentials: "omit", cache: isFixed ? "default" : "reload" });
  });
  await cache.addAll(wanted);
  await worker.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter(
    (name) => name.startsWith("terminal-") && name !== CACHE && name !== LATER,
  );
  await Promise.all(old.map((name) => caches.delete(name)));
  const later = await caches.open(LATER);
  const gone = (await later.keys()).filter(
    (one) => !SHELL.later.includes(new URL(one.url).pathname),
  );
  await Promise.all(gone.map((one) => later.delete(one)));
  await worker.clients.claim();
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === "/terminal") event.respondWith(shell(request));
  } else if (pathname.startsWith("/static/") || pathname === "/terminal/texts.json") {
    event.respondWith(file(request, pathname));
  }
});

/** @param {Request} request */
async function shell(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match("/terminal")) ?? fetch(request);
}

/**
 * @param {Request} request
 * @param {string} pathname
 */
async function file(request, pathname) {
  const cache = await caches.open(CACHE);
  const later = await caches.open(LATER);
  const found =
    (await cache.match(request)) ??
    (await later.match(request)) ??
    (await ofThisVersion(cache, later, pathname));
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && SHELL.later.includes(pathname)) await later.put(request, answer.clone());
  return answer;
}

/**
 * A page of the version before asks under the old address: it gets the file of this one.
 * @param {Cache} cache
 * @param {Cache} later
 * @param {string} pathname
 */
async function ofThisVersion(cache, later, pathname) {
  const name = pathname.replace(/^\/static\/[^/]+\//, "/");
  const address = [...SHELL.files, ...SHELL.later].find(
    (one) => one.startsWith("/static/") && one.replace(/^\/static\/[^/]+\//, "/") === name,
  );
  return address ? ((await cache.match(address)) ?? later.match(address)) : undefined;
}
