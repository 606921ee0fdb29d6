// Finds cards: at the server, or among those this device has seen while the line is down.

import { LineDown } from "./api.js";
import { numberOf, readCode } from "./codes.js";
import { digestOf, emptyKnown, recalled, remembered, tokenIn } from "./known.js";

const LOOKUP = "/vendor/loyalty/cards/lookup";

/**
 * @typedef {object} Found
 * @property {Terminal.Card[]} cards
 * @property {boolean} isStale the cards are as they were seen last
 * @property {boolean} isUnknown the code names a card that cannot be looked up without a line
 * @property {ReturnType<typeof readCode>} read
 */

/** @param {Terminal.App} app */
export function createFinder(app) {
  const { store, api, clock } = app;

  /**
   * Find what a code names. `isStale` tells that a card is shown as it was seen last.
   * @param {string} text as scanned or typed
   * @returns {Promise<Found>}
   */
  async function find(text) {
    const read = readCode(text);
    if (read.kind === "nothing") return { cards: [], isStale: false, isUnknown: false, read };
    try {
      const { items } = await api.get(`${LOOKUP}?code=${encodeURIComponent(text.trim())}`);
      await Promise.all(items.map(rememberCard));
      return { cards: items, isStale: false, isUnknown: false, read };
    } catch (error) {
      if (!(error instanceof LineDown)) throw error;
      const canWait = read.kind === "card" || read.kind === "moving";
      const card = canWait ? await recall(read.code) : null;
      return { cards: card ? [card] : [], isStale: true, isUnknown: canWait && !card, read };
    }
  }

  /**
   * @param {string} code
   * @returns {Promise<Terminal.Card | null>}
   */
  async function recall(code) {
    const wanted = { number: numberOf(code), digest: await digestOf(code) };
    return recalled((await store.read("known")) ?? emptyKnown(), wanted, clock.now());
  }

  /** @param {Terminal.Card} card */
  async function rememberCard(card) {
    const digest = await digestOf(tokenIn(card.public_url));
    await store.change("known", (known) =>
      remembered(known ?? emptyKnown(), card, digest, clock.now()),
    );
  }

  return { find, rememberCard };
}
