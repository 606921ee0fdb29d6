// The screens, and which of them may stand there.

import { showCard } from "./card.js";
import { showEnrol } from "./enrol.js";
import { showOptions } from "./options.js";
import { showPair } from "./pair.js";
import { showScan } from "./scan.js";
import { showShift } from "./shift.js";
import { stateOf } from "./shift_rules.js";
import { showWaiting } from "./waiting.js";

/** @type {Record<Terminal.ScreenName, (app: Terminal.App, props: Terminal.ScreenProps) => Terminal.Screen>} */
const SCREENS = {
  pair: showPair,
  shift: showShift,
  scan: showScan,
  card: showCard,
  enrol: showEnrol,
  waiting: showWaiting,
  options: showOptions,
};

/**
 * What is open without a PIN: nothing there moves a balance.
 * @type {Set<Terminal.ScreenName>}
 */
export const FREE = new Set(["pair", "shift", "waiting", "options"]);

/**
 * Show a screen, or the one that has to come before it.
 * @param {Terminal.App} app
 * @param {Terminal.ScreenName} name
 * @param {Terminal.ScreenProps} props
 */
export function showScreen(app, name, props = {}) {
  const shown = allowed(app, name);
  // Before the screen takes a code out of the address: the new version finds it there.
  if ((shown === "shift" || shown === "pair") && app.reloadIfNew?.()) return;
  app.screen?.leave?.();
  app.main.className = `screen-${shown}`;
  app.main.replaceChildren();
  app.screenName = shown;
  app.main.focus({ preventScroll: true });
  app.screen = SCREENS[shown](app, props);
  app.bar.draw();
  app.back?.follow(shown);
  window.scrollTo(0, 0);
}

/**
 * Return what shows a screen for work that takes a while: not once somebody has gone on from here.
 * @param {Terminal.App} app
 * @returns {Terminal.App["show"]}
 */
export function showFromHere(app) {
  const from = app.screenName;
  return (name, props) => {
    if (app.screenName === from) app.show(name, props);
  };
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.ScreenName} name
 * @returns {Terminal.ScreenName}
 */
function allowed(app, name) {
  const { device } = app.state;
  if ((!device || device.is_revoked) && name !== "waiting" && name !== "options") return "pair";
  // Nobody is asked for a PIN that nobody has.
  if (name === "shift" && worksWithoutPin(app) && !app.state.shift) return "scan";
  return FREE.has(name) || isShiftOpen(app) || worksWithoutPin(app) ? name : "shift";
}

/**
 * Whether a screen stands there that needs an open shift, and there is none any more.
 * @param {Terminal.App} app
 */
export function isBehindLock(app) {
  return !FREE.has(app.screenName) && !worksWithoutPin(app) && !isShiftOpen(app);
}

/** @param {Terminal.App} app */
function isShiftOpen(app) {
  return stateOf(app.state.shift, app.clock.now()) === "open";
}

/**
 * Whether no program asks for a PIN, or one works without and nobody in the shop has any.
 * @param {Terminal.App} app
 */
function worksWithoutPin(app) {
  const { programs = [], people = [] } = app.state.shop ?? {};
  const free = programs.filter((one) => one.pin_policy === "off");
  return free.length > 0 && (free.length === programs.length || !people.length);
}
