// Hand scanners type: a burst of keys that ends in Enter or Tab, or in nothing at all.

import { codesOf } from "./scanned.js";

/** The longest pauses between two keys of a scanner one can choose from, in milliseconds. */
export const PAUSES_MS = [60, 150, 300];
/** The usual one: of a scanner on a radio line. */
export const PAUSE_MS = 150;
/** No hand types a code this quickly, whatever it says; in milliseconds between two keys. */
export const QUICK_MS = 60;
/** After so long a scanner that sends nothing behind a code has ended, in milliseconds. */
export const ENDED_MS = 400;
/** Whatever is shorter may be a hand that plays with the keys. */
export const SHORTEST_CODE = 6;
/** Longer than any PIN and any amount that a pad takes. */
export const SHORTEST_ON_PAD = 12;
/** The digits of a card's number: behind what a hand typed it is the end of a burst. */
const NUMBER_LENGTH = 12;
/** Where no hand types anything, a card's code may come so many times slower: lines stumble. */
const PATIENCE = 3;
/** A scanner's second ending follows its first at its own pace, but never before this. */
const ECHO_MS = 20;

/**
 * Where the keys go: into a field, onto a pad of digits, or nowhere.
 * @typedef {"field" | "pad" | "free"} Place
 *
 * @typedef {import("./layouts.js").Stroke & {gap: number}} Press `gap` is the pause before it, in ms
 *
 * @typedef {object} Scan
 * @property {string[]} codes it may stand for, likeliest first; empty where it names no card
 * @property {string} text as the device read it
 */

/**
 * Watch keys for the bursts of a hand scanner.
 *
 * A burst that names a card is one at any pace up to the pause, and beyond it where no hand types;
 * any other must be quicker than a hand, or go nowhere anyway. Outside of fields a card's number is
 * heard behind whatever a hand had typed, and so many keys with an end are never a PIN or an amount.
 * @param {{pause: () => number, origin: string}} options `pause` in milliseconds
 */
export function createWedge({ pause, origin }) {
  /** @type {Press[]} */
  let presses = [];
  let last = -Infinity;
  let lastPace = 0;
  let echoUntil = -Infinity;

  /** @param {Place} place */
  const longest = (place) => pause() * (place === "field" ? 1 : PATIENCE);

  /**
   * @param {Place} place
   * @param {number} [ending] the gap before the key that ended it
   * @returns {Scan | null}
   */
  function judged(place, ending) {
    if (presses.length < SHORTEST_CODE) return null;
    const isEnded = ending !== undefined;
    const paceOf = (/** @type {Press[]} */ some) => Math.max(pace(some), ending ?? 0);
    for (const some of place === "field" ? [presses] : [presses, presses.slice(-NUMBER_LENGTH)]) {
      const codes = codesOf(some, origin);
      if (codes.length && (isEnded || paceOf(some) <= QUICK_MS))
        return { codes, text: textOf(some) };
    }
    if (!isEnded) return null;
    const nameless = { codes: [], text: textOf(presses) };
    if (place === "pad") return presses.length >= SHORTEST_ON_PAD ? nameless : null;
    return paceOf(presses) <= (place === "field" ? QUICK_MS : pause()) ? nameless : null;
  }

  return {
    /**
     * Take a key that writes something; returns whether it is the first of a burst.
     * @param {import("./layouts.js").Stroke} stroke
     * @param {number} at milliseconds
     * @param {Place} place
     */
    press(stroke, at, place) {
      const gap = at - last;
      const isFirst = !presses.length || gap > longest(place);
      presses = isFirst ? [{ ...stroke, gap: 0 }] : [...presses, { ...stroke, gap }];
      last = at;
      return isFirst;
    },

    /**
     * Take Enter or Tab: what was scanned, "echo" where it only repeats such an end, else null.
     * @param {number} at milliseconds
     * @param {Place} place
     * @returns {Scan | "echo" | null}
     */
    end(at, place) {
      const gap = at - last;
      last = at;
      const echo = () => at + Math.max(ECHO_MS, lastPace * 1.5);
      if (!presses.length) {
        if (at > echoUntil) return null;
        echoUntil = echo();
        return "echo";
      }
      lastPace = Math.max(pace(presses), gap);
      const found = gap <= longest(place) ? judged(place, gap) : null;
      presses = [];
      echoUntil = found ? echo() : -Infinity;
      return found;
    },

    /**
     * No key came for ENDED_MS: what was scanned without an end, else null.
     * @param {Place} place
     * @returns {Scan | null}
     */
    rest(place) {
      const found = judged(place);
      if (found) presses = [];
      return found;
    },

    /** Take a key that takes something back: what comes next begins a burst of its own. */
    startOver() {
      presses = [];
    },

    /** Whether a burst is under way, at a moment in milliseconds. */
    isRunning: (/** @type {number} */ at) =>
      presses.length > 1 && pace(presses) <= QUICK_MS && at - last <= pause(),
  };
}

/**
 * The longest pause within these keys, in milliseconds.
 * @param {Press[]} presses
 */
function pace(presses) {
  return Math.max(0, ...presses.slice(1).map(({ gap }) => gap));
}

/** @param {Press[]} presses */
function textOf(presses) {
  return presses.map(({ key }) => (key.length === 1 ? key : "")).join("");
}
