// Starts the terminal: puts its parts together and decides which screen stands there.

import { createApi, sendOperations } from "./api.js";
import { createBar } from "./bar.js";
import { showCard } from "./card.js";
import { createClock } from "./clock.js";
import { createDesk } from "./desk.js";
import { h, notice, say } from "./dom.js";
import { showEnrol } from "./enrol.js";
import { createFeedback } from "./feedback.js";
import { useTimeZone } from "./format.js";
import { createLine } from "./line.js";
import { showOptions } from "./options.js";
import { showPair } from "./pair.js";
import { emptyBook } from "./queue.js";
import { createReplay } from "./replay.js";
import { showScan } from "./scan.js";
import { showShift } from "./shift.js";
import { backOnLine, stateOf } from "./shift_rules.js";
import * as store from "./store.js";
import { setTexts, t } from "./texts.js";
import { watchTouches } from "./touches.js";
import { showWaiting } from "./waiting.js";
import { keepShell } from "./shell.js";

const SCREENS = {
  pair: showPair,
  shift: showShift,
  scan: showScan,
  card: showCard,
  enrol: showEnrol,
  waiting: showWaiting,
  options: showOptions,
};
/** What is open without a PIN: nothing there moves a balance. */
const FREE = new Set(["pair", "shift", "waiting", "options"]);

const facts = JSON.parse(document.getElementById("facts").textContent);
const app = { facts, store, state: {}, screen: null, changed: () => {} };

async function start() {
  const names = ["device", "shift", "shop", "book", "settings", "skew", "last"];
  const kept = await Promise.all(names.map(store.read));
  const [device, shift, shop, book, settings, skew, last] = kept;
  app.state = { device, shift, shop, last, book: book ?? emptyBook() };
  app.state.settings = { language: null, sound: true, vibration: true, camera: false, ...settings };
  useTimeZone(shop?.timezone);
  app.clock = createClock(skew ?? 0);
  const learn = app.clock.learn;
  app.clock.learn = (...heard) => learn(...heard) && store.keep("skew", app.clock.skew());
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
    change: (work) => app.desk.setBook(work),
    send: sendAll,
    vendorId: () => app.state.device?.vendor_id ?? null,
    alone: (work) => store.alone("replay", work),
    later: (work, ms) => setTimeout(work, ms),
    now: () => app.clock.now(),
    chance: Math.random,
  });
  app.desk = createDesk(app);
  app.bar = createBar(app);
  app.main = h("main", { id: "screen", tabindex: "-1" });
  document.getElementById("terminal").replaceChildren(app.bar.element, app.main);
  app.changed = (what) => {
    app.bar.draw();
    app.screen?.changed?.(what);
  };
}

async function sendAll(operations) {
  const answer = await sendOperations(app.api, operations);
  if (answer.kind === "paused") await app.revoked();
  return answer;
}

/** Read again what the shop is; what is kept stays where that fails. */
app.refresh = async () => {
  if (!app.state.device || app.state.device.is_revoked) return;
  await app.desk.refreshShop().catch((error) => (error.status === 401 ? app.revoked() : null));
};

/** The server does not know this device any more: nothing can be done until it is paired again. */
app.revoked = async () => {
  if (!app.state.device || app.state.device.is_revoked) return;
  app.state.device = { ...app.state.device, is_revoked: true };
  await store.keep("device", app.state.device);
  app.show("pair");
};

/** Show a screen, or the one that has to come before it. */
app.show = (name, props = {}) => {
  app.screen?.leave?.();
  const { device, shift } = app.state;
  const isOpen = stateOf(shift, app.clock.now()) === "open" || app.worksWithoutPin();
  let shown = name;
  if ((!device || device.is_revoked) && name !== "waiting" && name !== "options") shown = "pair";
  else if (!isOpen && !FREE.has(name)) shown = "shift";
  app.main.className = `screen-${shown}`;
  app.main.replaceChildren();
  app.screenName = shown;
  app.main.focus({ preventScroll: true });
  app.screen = SCREENS[shown](app, props) ?? {};
  app.bar.draw();
  window.scrollTo(0, 0);
  if (shown === "shift" || shown === "pair") app.reloadIfNew?.();
};

/** Whether no program asks for a PIN, or the shop has given none. */
app.worksWithoutPin = () => {
  const { shop } = app.state;
  return Boolean(
    shop && shop.programs.length && shop.programs.every((one) => one.pin_policy === "off"),
  );
};

app.lock = async () => {
  if (!app.state.shift) return;
  const kept = app.desk.setShift({ ...app.state.shift, is_locked: true });
  app.show("shift");
  await kept;
};

/** Whether a screen stands there that needs an open shift, and there is none any more. */
app.isBehindLock = () =>
  !FREE.has(app.screenName) &&
  !app.worksWithoutPin() &&
  stateOf(app.state.shift, app.clock.now()) !== "open";

app.setSetting = async (name, value) => {
  app.state.settings = { ...app.state.settings, [name]: value };
  await store.keep("settings", app.state.settings);
  if (name === "language") await speak(value);
};

app.tell = (words) => say(words);

async function speak(language) {
  const known = facts.texts[language] ? language : "en";
  const answer = await fetch(facts.texts[known]).catch(() => null);
  setTexts(known, answer?.ok ? await answer.json() : {});
  app.language = known;
  document.documentElement.lang = known;
  document.querySelector("link[rel=manifest]").href =
    `/terminal/manifest.webmanifest?lang=${known}`;
}

async function lineIsBack() {
  app.replay.now();
  const shift = backOnLine(app.state.shift);
  if (shift !== app.state.shift) {
    await app.desk.setShift(shift);
    if (!FREE.has(app.screenName)) app.show("shift");
  }
}

function hasPairingLink() {
  return new URLSearchParams(location.hash.slice(1)).has("pair");
}

function listen() {
  watchTouches(app);
  addEventListener("hashchange", () => hasPairingLink() && app.show("pair"));
  addEventListener("focus", () => app.replay.now());
  addEventListener("pageshow", () => app.replay.now());
  store.onChangeElsewhere(async (name) => {
    if (["book", "shift", "device", "shop"].includes(name)) {
      app.state[name] = await store.read(name);
      app.changed(name);
    }
    if (name === "everything") location.reload();
  });
}

start().catch((error) => {
  // Nothing can be promised where nothing can be kept.
  const words = t(
    "This browser keeps nothing, so the terminal cannot work here. Leave private browsing, or use another browser.",
  );
  document
    .getElementById("terminal")
    .replaceChildren(h("main", { id: "screen" }, notice("bad", words)));
  throw error;
});
