// What is heard everywhere: touches that keep the shift open, and the hand scanner.

import { IDLE_MS, stateOf } from "./shift_rules.js";
import { createWedge } from "./wedge.js";

const NOTE_EVERY_MS = 15_000;

/** @param {Terminal.App} app */
export function watchTouches(app) {
  let timer = 0;
  let noted = 0;

  /** @param {Event} [event] without one the time only begins to run */
  function touched(event) {
    clearTimeout(timer);
    timer = setTimeout(idle, IDLE_MS);
    const { shift } = app.state;
    const now = app.clock.now();
    if (event && app.isBehindLock()) {
      // The device slept, and its timers with it: this touch must not do anything any more.
      event.preventDefault();
      event.stopImmediatePropagation();
      lock();
      return;
    }
    if (!shift || stateOf(shift, now) !== "open") return;
    shift.last_active = now;
    if (now - noted < NOTE_EVERY_MS) return;
    noted = now;
    app.store.keep("shift", shift);
  }

  async function idle() {
    // Somebody may be at work in another tab of this device.
    const shift = (await app.store.read("shift")) ?? null;
    if (shift && stateOf(shift, app.clock.now()) === "locked" && app.screenName !== "shift") lock();
    timer = setTimeout(idle, NOTE_EVERY_MS);
  }

  function lock() {
    for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
    app.lock();
  }

  addEventListener("pointerdown", touched, true);
  addEventListener("keydown", touched, true);
  touched();
  listenToScanner(app);
}

/** @param {Terminal.App} app */
function listenToScanner(app) {
  const wedge = createWedge();
  addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const code = wedge.press(event.key, event.timeStamp);
      if (code === null || !app.screen?.scanned) return;
      // The scanner's Enter must not press the button that happens to have the focus.
      event.preventDefault();
      event.stopPropagation();
      const field = event.target;
      if (field instanceof HTMLInputElement && field.value.endsWith(code)) {
        field.value = field.value.slice(0, -code.length);
      }
      app.screen.scanned(code);
    },
    true,
  );
}
