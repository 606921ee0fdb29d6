// Sends what waits, in order, until nothing does: on its own again and again while the line is down.

import { batchOf, isFinal, MOST_AT_ONCE, settled, tried } from "./queue.js";

/** The first and the longest pause between two attempts, in milliseconds. */
export const FIRST_PAUSE_MS = 1000;
export const LONGEST_PAUSE_MS = 60_000;

/**
 * How long to wait before attempt `attempt` (0 is the first repetition), never less than asked.
 * @param {number} attempt
 * @param {number} askedMs what the server asked for
 * @param {number} chance 0 to 1: tills that lost one line do not come back as one
 */
export function pauseBefore(attempt, askedMs, chance) {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return Math.max(askedMs, longest * (0.5 + chance / 2));
}

/**
 * @typedef {object} Tools
 * @property {() => Promise<Terminal.Book>} read the book
 * @property {(change: (book: Terminal.Book) => Terminal.Book) => Promise<unknown>} change the book
 * @property {(operations: Terminal.Operation[]) => Promise<Terminal.Answer>} send
 * @property {() => string | null} vendorId of the shop the device is paired with
 * @property {(work: () => Promise<void>) => Promise<void>} alone runs work in one tab at a time
 * @property {(work: () => void, ms: number) => unknown} later
 * @property {() => number} now
 * @property {() => number} chance
 */

/**
 * @param {Tools} tools
 */
export function createReplay(tools) {
  let attempt = 0;
  let timer = 0;
  let isPaused = false;
  let size = MOST_AT_ONCE;

  /** Send everything that waits; resolves when nothing does, or when the line or a rule says stop. */
  async function drain() {
    if (isPaused) return;
    await tools.alone(async () => {
      while (await sendSome());
    });
  }

  /** @returns {Promise<boolean>} whether to go on at once */
  async function sendSome() {
    const entries = batchOf(await tools.read(), tools.vendorId(), size);
    if (!entries.length) return false;
    // Kept before it is sent: from here on it may have arrived.
    await tools.change((book) => tried(book, entries));
    const answer = await tools.send(entries.map((entry) => entry.body));
    if (answer.kind === "paused") {
      isPaused = true;
      return false;
    }
    if (answer.kind === "later") return waitFor(answer.askedMs);
    if (answer.kind === "too_large" && entries.length > 1) {
      size = Math.ceil(entries.length / 2);
      return true;
    }
    const results = answer.kind === "answered" ? answer.results : entries.map(() => answer.result);
    await tools.change((book) => settled(book, entries, results, tools.now()));
    const isStuck = entries.some((_entry, place) => !isFinal(results[place]?.status ?? 503));
    if (isStuck) return waitFor(0);
    attempt = 0;
    return true;
  }

  /** @param {number} askedMs */
  function waitFor(askedMs) {
    const pause = pauseBefore(attempt, askedMs, tools.chance());
    attempt += 1;
    timer += 1;
    const mine = timer;
    tools.later(() => {
      if (mine === timer) drain();
    }, pause);
    return false;
  }

  return {
    drain,
    /** Forget the back-off: the line is back, or somebody asks. */
    now() {
      attempt = 0;
      timer += 1;
      return drain();
    },
    /** Go on after the pairing was renewed. */
    resume() {
      isPaused = false;
      return this.now();
    },
    isPaused: () => isPaused,
  };
}
