// The browser's Back, and Android's gesture: from a screen to the scanner, and never out of the till
// by one touch.

import { t } from "./texts.js";

/** Where one is when nothing was opened: Back leads nowhere from there. */
const ROOTS = new Set(["pair", "shift", "scan"]);

/** The places in the browser's history: below the till, at its root, and at what was opened there. */
const [BELOW, ROOT, OPENED] = [0, 1, 2];

/** @param {Terminal.App} app */
export function createBack(app) {
  let depth = BELOW;
  /** The browser goes back by itself and has not said that it did. */
  let isGoing = false;

  /** @param {number} to */
  function enter(to) {
    history.pushState({ depth: to }, "");
    depth = to;
  }

  function leave() {
    isGoing = true;
    history.back();
  }

  /**
   * Let the history say what stands on the screen.
   * @param {Terminal.ScreenName} name
   */
  function follow(name) {
    if (isGoing) return;
    const wanted = ROOTS.has(name) ? ROOT : OPENED;
    if (depth === BELOW) begin();
    if (wanted > depth) enter(wanted);
    else if (wanted < depth) leave();
  }

  /** A page that was read anew stands where it stood. */
  function begin() {
    depth = history.state?.depth ?? BELOW;
    if (depth !== BELOW) return;
    history.replaceState({ depth: BELOW }, "");
    enter(ROOT);
  }

  /** @param {PopStateEvent} event */
  function popped({ state }) {
    if (state === null) {
      // Another address of this page, as one that pairs: it takes the place of the root.
      history.replaceState({ depth: ROOT }, "");
      depth = ROOT;
      isGoing = false;
      return;
    }
    depth = state.depth;
    if (isGoing) {
      isGoing = false;
      follow(app.screenName);
    } else if (depth === BELOW) {
      enter(ROOT);
      // Whoever was tapped by mistake is left; further out there is nothing.
      if (app.screenName === "shift") app.show("shift");
      else app.tell(t("You are at the start of the till."));
    } else if (depth === OPENED) {
      // Forward: what was left there is gone.
      leave();
    } else if (!ROOTS.has(app.screenName)) goBack();
  }

  /** What stands over the screen is closed first. */
  function goBack() {
    const dialogs = [...document.querySelectorAll("dialog[open]")];
    for (const dialog of dialogs) if (dialog instanceof HTMLDialogElement) dialog.close();
    if (dialogs.length) enter(OPENED);
    else app.show("scan");
  }

  addEventListener("popstate", popped);
  return { follow };
}
