// Refusals in words: the server's sentence, or one that counts down until it works.

import { LineDown, Refusal } from "./api.js";
import { h } from "./dom.js";
import { clockTimeFrom, countdown, number } from "./format.js";
import { language, t } from "./texts.js";

/**
 * What a problem says to people at a counter.
 * @param {Terminal.Problem} problem
 * @param {number} now milliseconds of the server's time
 */
export function sentenceOf(problem, now) {
  const at = problem.next_stamp_at ?? problem.locked_until;
  const said = problem.detail ?? t("The server refused without saying why.");
  const moment = at ? clockTimeFrom(at, language(), now) : "";
  switch (problem.code) {
    case "stamp_too_soon":
      return t("Too soon: the next stamp is possible at {time}.", { time: moment });
    case "daily_stamp_limit_reached":
      if (problem.stamps_left_today) return said;
      return t("The stamps for today are used up. The next one is possible at {time}.", {
        time: moment,
      });
    case "staff_pin_locked":
      return t("Too many wrong PINs. Locked until {time}.", { time: moment });
    case "staff_pin_invalid":
      if (problem.remaining_attempts === undefined) return said;
      if (!problem.remaining_attempts && at)
        return t("Too many wrong PINs. Locked until {time}.", { time: moment });
      return t("This PIN is wrong. Attempts left: {n}.", {
        n: number(problem.remaining_attempts, language()),
      });
    default:
      return problem.errors?.[0]?.message ?? said;
  }
}

/**
 * The sentence of whatever went wrong; throws what is no trouble of the line or the server.
 * @param {unknown} error
 * @param {number} now milliseconds of the server's time
 */
export function sentenceOfError(error, now) {
  if (error instanceof Refusal) return sentenceOf(error.problem, now);
  if (error instanceof LineDown) return t("The server cannot be reached.");
  throw error;
}

/**
 * An element that counts down to a moment, each second, while it stands on the screen.
 * @param {string} moment
 * @param {() => number} now
 * @param {() => void} onEnd
 */
export function countdownTo(moment, now, onEnd = () => {}) {
  const shown = h("span", { class: "countdown", role: "timer" });
  const tick = () => {
    const left = countdown(moment, now());
    shown.textContent = withUnit(left);
    if (!left) onEnd();
    else setTimeout(() => (shown.isConnected ? tick() : null), 1000);
  };
  // The first look comes before it is put on the screen.
  shown.textContent = withUnit(countdown(moment, now()));
  setTimeout(tick, 250);
  return shown;
}

/**
 * A time that is left must not be taken for a time of day.
 * @param {string} left
 */
function withUnit(left) {
  return left && `${left} ${left.split(":").length > 2 ? "h" : "min"}`;
}

/**
 * The moment a problem counts down to, if it does.
 * @param {Terminal.Problem} problem
 */
export function momentOf(problem) {
  return problem.next_stamp_at ?? problem.locked_until ?? null;
}

/**
 * Why something could not be written down; nothing was done then.
 * @param {unknown} error
 */
export function notKept(error) {
  if (error instanceof RangeError)
    return t("Too much is already waiting on this device. Nothing was done.");
  return t("This device could not save it. Nothing was done.");
}
