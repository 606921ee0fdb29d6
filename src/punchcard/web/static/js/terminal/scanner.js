// Hears a hand scanner on every screen, keeps its keys out of fields and pads, and presses nothing.

import { clearPads, isPadOpen } from "./keypad.js";
import { t } from "./texts.js";
import { createWedge, ENDED_MS } from "./wedge.js";

/** Screens that are left for a card that is scanned there: nothing typed there is lost. */
const GIVES_WAY = new Set(["card", "waiting", "options"]);

/** Keys of a hand that takes back what it typed; no scanner sends them within a code. */
const TAKES_BACK = new Set(["Backspace", "Delete", "Escape"]);

/**
 * Listen before anybody else does: a scanner's keys are nobody else's business.
 * @param {Terminal.App} app
 */
export function listenToScanner(app) {
  const wedge = createWedge({
    pause: () => app.state.settings.scanner_pause_ms,
    origin: location.origin,
  });
  /** What stood in the field before the burst came; puts it back. */
  let putBack = () => {};
  let timer = 0;

  /** @param {KeyboardEvent} event */
  function hear(event) {
    clearTimeout(timer);
    if (event.repeat) return;
    const place = placeOf(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) {
      // Scanners send control characters as shortcuts, among them those of the browser.
      if (wedge.isRunning(event.timeStamp)) swallow(event);
      return;
    }
    if (event.key === "Enter" || event.key === "Tab") {
      const found = wedge.end(event.timeStamp, place);
      if (found) swallow(event);
      if (found && found !== "echo") take(found);
    } else if (TAKES_BACK.has(event.key)) {
      wedge.startOver();
    } else if (isWriting(event)) {
      const { key, code, shiftKey: shift, timeStamp } = event;
      if (wedge.press({ key, code, shift }, timeStamp, place)) putBack = keptOf(event.target);
      timer = setTimeout(() => {
        const found = wedge.rest(place);
        if (found) take(found);
      }, ENDED_MS);
    }
  }

  /** @param {import("./wedge.js").Scan} scan */
  function take({ codes, text }) {
    putBack();
    clearPads();
    const [code = text.trim(), ...others] = codes;
    handOut(app, code, others);
  }

  addEventListener("keydown", hear, true);
}

/**
 * @param {Terminal.App} app
 * @param {string} code
 * @param {string[]} others it may be instead
 */
function handOut(app, code, others) {
  if (document.querySelector("dialog[open]"))
    return refuse(app, t("Close this window first, then scan again."));
  if (GIVES_WAY.has(app.screenName) && !app.isBehindLock()) app.show("scan");
  if (app.screen?.scanned) return app.screen.scanned(code, others);
  return refuse(app, t("Enter your PIN first, then scan the card."));
}

/**
 * @param {Terminal.App} app
 * @param {string} words
 */
function refuse(app, words) {
  app.feedback("bad");
  app.tell(words);
}

/** @param {Event} event */
function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** @param {KeyboardEvent} event */
function isWriting({ key, code }) {
  // Where an input method reads along, only the key's place tells what was pressed.
  const isHidden = key === "Dead" || key === "Unidentified" || key === "Process";
  return key.length === 1 || (isHidden && code !== "");
}

/**
 * @param {EventTarget | null} target
 * @returns {import("./wedge.js").Place}
 */
function placeOf(target) {
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return "field";
  return isPadOpen() ? "pad" : "free";
}

/**
 * What puts a field back as it is now.
 * @param {EventTarget | null} field
 */
function keptOf(field) {
  const isField = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
  if (!isField) return () => {};
  const { value } = field;
  return () => {
    if (field.value === value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
}
