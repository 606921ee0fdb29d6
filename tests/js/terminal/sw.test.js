import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(
  new URL("../../../src/punchcard/web/static/js/terminal/sw.js", import.meta.url),
  "utf8",
);
const HERE = "https://shop.example";

/** Caches as a browser has them, as far as the worker asks. */
function makeCaches() {
  const stores = new Map();
  const pathOf = (asked) => {
    const { pathname, search } = new URL(asked.url ?? asked, HERE);
    return pathname + search;
  };
  const cacheOf = (store) => ({
    match: async (asked) => store.get(pathOf(asked)),
    put: async (asked, answer) => void store.set(pathOf(asked), answer),
    keys: async () => [...store.keys()].map((path) => ({ url: HERE + path })),
    delete: async (asked) => store.delete(pathOf(asked)),
    addAll: async (requests) => {
      for (const one of requests) store.set(pathOf(one), { from: "cache", path: pathOf(one) });
    },
  });
  return {
    stores,
    open: async (name) => {
      if (!stores.has(name)) stores.set(name, new Map());
      return cacheOf(stores.get(name));
    },
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
  };
}

/** A worker of one version of the server; `ask` is what the page's browser asks it. */
async function startWorker(version, { caches, online = true }) {
  const files = [
    "/terminal",
    "/terminal/texts.json?lang=fr",
    `/static/${version}/js/terminal/app.js`,
  ];
  const shell = { version, files, later: [`/static/${version}/vendor/reader.wasm`] };
  const heard = {};
  const asked = [];
  const self = {
    location: { origin: HERE },
    addEventListener: (name, listener) => (heard[name] = listener),
    skipWaiting: async () => {},
    clients: { claim: async () => {} },
  };
  class Request {
    constructor(url, options) {
      Object.assign(this, { url: HERE + url, ...options });
    }
  }
  const fetch = async (request) => {
    asked.push(request.url.slice(HERE.length));
    if (!online) throw new TypeError("Failed to fetch");
    return { from: "server", ok: true, clone: () => ({ from: "cache", path: request.url }) };
  };
  vm.runInNewContext(`const SHELL = ${JSON.stringify(shell)};\n${SCRIPT}`, {
    self,
    caches,
    Request,
    fetch,
    URL,
    Promise,
  });
  const happens = async (name) => {
    const waited = [];
    heard[name]({ waitUntil: (work) => waited.push(work) });
    await Promise.all(waited);
  };
  await happens("install");
  await happens("activate");
  const ask = async (path, { mode = "cors", method = "GET" } = {}) => {
    let answer = null;
    heard.fetch({
      request: { url: HERE + path, mode, method },
      respondWith: (work) => (answer = work),
    });
    return answer && (await answer);
  };
  return { ask, asked };
}

test("the shell opens from the cache, whatever stands behind its address", async () => {
  const worker = await startWorker("one", { caches: makeCaches(), online: false });
  const answer = await worker.ask("/terminal?source=home", { mode: "navigate" });
  assert.equal(answer.from, "cache");
  assert.equal((await worker.ask("/static/one/js/terminal/app.js")).from, "cache");
  assert.equal((await worker.ask("/terminal/texts.json?lang=fr")).from, "cache");
  assert.deepEqual(worker.asked, []);
});

test("the worker keeps out of what the API and other pages say", async () => {
  const worker = await startWorker("one", { caches: makeCaches() });
  assert.equal(await worker.ask("/api/v1/vendor"), null);
  assert.equal(await worker.ask("/api/v1/vendor/loyalty/operations", { method: "POST" }), null);
  assert.equal(await worker.ask("/console", { mode: "navigate" }), null);
});

test("what is large is kept once it was asked for", async () => {
  const caches = makeCaches();
  const worker = await startWorker("one", { caches });
  assert.equal((await worker.ask("/static/one/vendor/reader.wasm")).from, "server");
  assert.equal((await worker.ask("/static/one/vendor/reader.wasm")).from, "cache");
  assert.equal(worker.asked.length, 1);
});

test("after an update of the server, a page of the version before still finds its files", async () => {
  const caches = makeCaches();
  await startWorker("one", { caches });
  const worker = await startWorker("two", { caches, online: false });
  const answer = await worker.ask("/static/one/js/terminal/app.js");
  assert.equal(answer.path, "/static/two/js/terminal/app.js");
});

test("an update leaves nothing of the version before, and nothing of others is touched", async () => {
  const caches = makeCaches();
  await caches.open("another app");
  const first = await startWorker("one", { caches });
  await first.ask("/static/one/vendor/reader.wasm");
  await startWorker("two", { caches });
  assert.deepEqual((await caches.keys()).sort(), ["another app", "terminal-later", "terminal-two"]);
  assert.equal(caches.stores.get("terminal-later").size, 0);
});
