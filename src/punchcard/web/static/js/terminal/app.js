// Starts the terminal: puts its parts together and decides which screen stands there.

import { createApi, Refusal, sendOperations } from "./api.js";
import { createBack } from "./back.js";
import { createBar } from "./bar.js";
import { createClock } from "./clock.js";
import { byId, h, notice, say } from "./dom.js";
import { createFeedback } from "./feedback.js";
import { useMinorDigits, useTimeZone } from "./format.js";
import { createLine } from "./line.js";
import { emptyBook } from "./queue.js";
import { createReplay } from "./replay.js";
import { listenToScanner } from "./scanner.js";
import { FREE, isBehindLock, showFromHere, showScreen } from "./screens.js";
import { createServerClient } from "./server_client.js";
import { keepShell } from "./shell.js";
import { backOnLine, IDLE_MS } from "./shift_rules.js";
import * as store from "./store.js";
import { setTexts, t } from "./texts.js";
import { watchTouches } from "./touches.js";
import { PAUSE_MS } from "./wedge.js";

/** @type {Terminal.Facts} */
const facts = JSON.parse(byId("facts").textContent ?? "");
// Its parts are put in when what the device keeps has been read.
const app = /** @type {Terminal.App} */ (
  /** @type {unknown} */ ({ facts, store, screen: null, changed: () => {} })
);

/** How a device is set until somebody sets it otherwise. @type {Terminal.Settings} */
const SETTINGS = {
  ...{ language: null, sound: true, vibration: true, camera: false },
  ...{ scanner_pause_ms: PAUSE_MS, idle_ms: IDLE_MS },
};

async function start() {
  const names = ["device", "shift", "shop", "book", "settings", "skew", "last"];
  const kept = await Promise.all(names.map(store.read));
  const [device, shift, shop, book, settings, skew, last] = kept;
  app.state = {
    device: device ?? null,
    shift: shift ?? null,
    shop: shop ?? null,
    last: last ?? null,
    book: book ?? emptyBook(),
    settings: { ...SETTINGS, ...settings },
  };
  useTimeZone(shop?.timezone);
  useMinorDigits(facts.minor_digits);
  const clock = createClock(skew ?? 0);
  const learn = (/** @type {Parameters<typeof clock.learn>} */ ...heard) => {
    const isNews = clock.learn(...heard);
    if (isNews) store.keep("skew", clock.skew());
    return isNews;
  };
  app.clock = { ...clock, learn };
  const asked = new URLSearchParams(location.search).get("lang");
  await speak(asked ?? app.state.settings.language ?? facts.language);
  putTogether();
  app.show(hasPairingLink() || !device ? "pair" : "scan");
  listen();
  keepShell(app);
  await app.refresh();
  app.replay.now();
}

function putTogether() {
  app.line = createLine({ onBack: lineIsBack, onChange: () => app.changed("line") });
  app.api = createApi({
    fetch: (...asked) => globalThis.fetch(...asked),
    token: () => app.state.device?.token ?? null,
    language: () => app.language,
    clock: app.clock,
    onLine: app.line.told,
  });
  app.feedback = createFeedback(() => app.state.settings);
  app.replay = createReplay({
    read: async () => (await store.read("book")) ?? emptyBook(),
    change: (work) => app.client.setBook(work),
    send: sendAll,
    vendorId: () => app.state.device?.vendor_id ?? null,
    alone: (work) => store.alone("replay", work),
    later: (work, ms) => setTimeout(work, ms),
    now: () => app.clock.now(),
    chance: Math.random,
  });
  app.client = createServerClient(app);
  app.bar = createBar(app);
  app.back = createBack(app);
  app.main = h("main", { id: "screen", tabindex: "-1" });
  byId("terminal").replaceChildren(app.bar.element, app.main);
  app.changed = (what) => {
    app.bar.draw();
    app.screen?.changed?.(what);
  };
}

/**
 * @param {Terminal.Operation[]} operations
 * @returns {Promise<Terminal.Answer>}
 */
async function sendAll(operations) {
  const answer = await sendOperations(app.api, operations);
  if (answer.kind === "paused") await app.revoked();
  if (answer.kind === "answered") {
    // What was kept of a card while the line was down is out of date now.
    for (const { receipt } of answer.results)
      if (receipt) await app.client.rememberCard(receipt.card);
  }
  return answer;
}

/** Read again what the shop is; what is kept stays where that fails. */
app.refresh = async () => {
  if (!app.state.device || app.state.device.is_revoked) return;
  try {
    await app.client.refreshShop();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) await app.revoked();
  }
};

/** The server does not know this device any more: nothing can be done until it is paired again. */
app.revoked = async () => {
  if (!app.state.device || app.state.device.is_revoked) return;
  app.state.device = { ...app.state.device, is_revoked: true };
  await store.keep("device", app.state.device);
  app.show("pair");
};

app.show = (name, props) => showScreen(app, name, props);
app.showFromHere = () => showFromHere(app);
app.isBehindLock = () => isBehindLock(app);

app.lock = async () => {
  if (!app.state.shift) return;
  const kept = app.client.setShift({ ...app.state.shift, is_locked: true });
  app.show("shift");
  await kept;
};

app.setSetting = async (name, value) => {
  app.state.settings = { ...app.state.settings, [name]: value };
  await store.keep("settings", app.state.settings);
  if (name === "language") await speak(String(value));
  const { shift } = app.state;
  if (name === "idle_ms" && shift)
    await app.client.setShift({ ...shift, idle_ms: app.state.settings.idle_ms });
};

app.tell = (words) => say(words);

/** @param {string} language */
async function speak(language) {
  const known = facts.texts[language] ? language : "en";
  const answer = await fetch(facts.texts[known]).catch(() => null);
  setTexts(known, answer?.ok ? await answer.json() : {});
  app.language = known;
  document.documentElement.lang = known;
  const manifest = `/terminal/manifest.webmanifest?lang=${known}`;
  document.querySelector("link[rel=manifest]")?.setAttribute("href", manifest);
}

async function lineIsBack() {
  app.replay.now();
  const shift = backOnLine(app.state.shift);
  if (shift !== app.state.shift) {
    await app.client.setShift(shift);
    if (!FREE.has(app.screenName)) app.show("shift");
  }
}

function hasPairingLink() {
  return new URLSearchParams(location.hash.slice(1)).has("pair");
}

function listen() {
  listenToScanner(app);
  watchTouches(app);
  addEventListener("hashchange", () => hasPairingLink() && app.show("pair"));
  addEventListener("focus", () => app.replay.now());
  addEventListener("pageshow", () => app.replay.now());
  store.onChangeElsewhere(async (name) => {
    if (["book", "shift", "device", "shop"].includes(name)) {
      const kept = (await store.read(name)) ?? (name === "book" ? emptyBook() : null);
      app.state = { ...app.state, [name]: kept };
      app.changed(name);
    }
    if (name === "everything") location.reload();
  });
}

start().catch((error) => {
  // Nothing can be promised where nothing can be kept.
  const words = t(
    "This browser stores nothing, so the terminal cannot work here. Leave private browsing, or use another browser.",
  );
  byId("terminal").replaceChildren(h("main", { id: "screen" }, notice("bad", words)));
  throw error;
});
