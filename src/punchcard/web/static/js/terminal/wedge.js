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
/** Where no hand types anything, a card's code may come so many times slower: lines stumble. */
const PATIENCE = 3;
/** A scanner's second ending follows its first at its own pace, but never before this. */
const ECHO_MS = 20;

/**
 * Where the keys go: into a field, onto a pad of digits, or nowhere.
 * @typedef {"field" | "pad" | "free"} Place
 *
 * @typedef {object} Scan
 * @property {string[]} codes it may stand for, likeliest first; empty where it names no card
 * @property {string} text as the device read it
 */

/**
 * Watch keys for the bursts of a hand scanner.
 *
 * A burst that names a card is one at any pace up to the pause, and beyond it where no hand types;
 * any other must be quicker than a hand, or go nowhere anyway.
 * @param {{pause: () => number, origin: string}} options `pause` in milliseconds
 */
export function createWedge({ pause, origin }) {
  /** @type {import("./layouts.js").Stroke[]} */
  let strokes = [];
  let last = -Infinity;
  let pace = 0;
  let echoUntil = -Infinity;

  /** @param {Place} place */
  const longest = (place) => pause() * (place === "field" ? 1 : PATIENCE);

  /**
   * @param {Place} place
   * @param {boolean} isEnded by a key of its own
   * @returns {Scan | null}
   */
  function judged(place, isEnded) {
    const isQuick = pace <= QUICK_MS;
    if (strokes.length < SHORTEST_CODE) return null;
    const codes = codesOf(strokes, origin);
    const text = strokes.map(({ key }) => (key.length === 1 ? key : "")).join("");
    if (codes.length) return isEnded || isQuick ? { codes, text } : null;
    if (!isEnded || pace > pause() || (place === "field" && !isQuick)) return null;
    return place !== "pad" || strokes.length >= SHORTEST_ON_PAD ? { codes, text } : null;
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
      const isFirst = !strokes.length || gap > longest(place);
      pace = isFirst ? 0 : Math.max(pace, gap);
      strokes = isFirst ? [stroke] : [...strokes, stroke];
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
      if (!strokes.length) {
        if (at > echoUntil) return null;
        echoUntil = at + Math.max(ECHO_MS, pace * 1.5);
        return "echo";
      }
      pace = Math.max(pace, gap);
      const found = gap <= longest(place) ? judged(place, true) : null;
      strokes = [];
      echoUntil = found ? at + Math.max(ECHO_MS, pace * 1.5) : -Infinity;
      return found;
    },

    /**
     * No key came for ENDED_MS: what was scanned without an end, else null.
     * @param {Place} place
     * @returns {Scan | null}
     */
    rest(place) {
      const found = judged(place, false);
      if (found) strokes = [];
      return found;
    },

    /** Whether a burst is under way, at a moment in milliseconds. */
    isRunning: (/** @type {number} */ at) =>
      strokes.length > 1 && pace <= QUICK_MS && at - last <= pause(),
  };
}
