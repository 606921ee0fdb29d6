// What is heard everywhere: touches that keep the shift open.

import { stateOf } from "./shift_rules.js";

const NOTE_EVERY_MS = 15_000;

/** @param {Terminal.App} app */
export function watchTouches(app) {
  let timer = 0;
  let noted = 0;

  /** @param {Event} [event] without one the time only begins to run */
  function touched(event) {
    clearTimeout(timer);
    timer = setTimeout(idle, app.state.settings.idle_ms);
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
}
