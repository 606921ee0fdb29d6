// Finds cards: at the server, or among those this device has seen while the line is down.

import { LineDown, Refusal } from "./api.js";
import { isMistyped, MOST_FOUND, numberOf, readCode, SHORTEST_SEARCH } from "./codes.js";
import {
  byFit,
  digestOf,
  emptyKnown,
  isReplaced,
  recalled,
  remembered,
  replaced,
  searched,
} from "./known.js";

const CARDS = "/vendor/loyalty/cards";

/**
 * @typedef {object} Found
 * @property {Terminal.Card[]} cards
 * @property {boolean} isStale the cards are as they were seen last
 * @property {boolean} isUnknown the code names a card that cannot be looked up without a line
 * @property {boolean} isReplaced the code is one of a card that has another number now
 * @property {boolean} isMistyped the text is as long as a card's number, and a digit of it is wrong
 * @property {boolean} isReceipt the text is the code of a receipt, which its holder puts on a card
 * @property {boolean} isSearch the cards are those a name or a part of a number fits, not the one
 *   that a code names
 * @property {ReturnType<typeof readCode>} read
 */

/** @param {Terminal.App} app */
export function createFinder(app) {
  const { store, api, clock } = app;

  /**
   * Find what a code names, or the cards that words fit.
   * @param {string} text as scanned or typed
   * @param {string[]} others what a scanner may have meant instead: the first that is a card counts
   * @returns {Promise<Found>}
   */
  async function find(text, others = []) {
    const found = await findOne(text);
    if (found.cards.length || found.isReplaced) return found;
    for (const other of others) {
      const instead = await findOne(other);
      if (instead.cards.length || instead.isReplaced) return instead;
    }
    return found;
  }

  /** @param {string} text */
  async function findOne(text) {
    const read = readCode(text);
    /** @type {Found} */
    const nothing = {
      ...{ cards: [], isStale: false, isUnknown: false, isReplaced: false, isSearch: false },
      ...{ isMistyped: isMistyped(text), isReceipt: read.kind === "receipt", read },
    };
    if (read.kind === "nothing" || read.kind === "receipt") return nothing;
    try {
      return { ...nothing, ...(await asked(text.trim(), read)) };
    } catch (error) {
      if (!(error instanceof LineDown)) throw error;
      return { ...nothing, isStale: true, ...(await remembering(read)) };
    }
  }

  /**
   * @param {string} text
   * @param {ReturnType<typeof readCode>} read
   * @returns {Promise<Partial<Found>>}
   */
  async function asked(text, { kind, code }) {
    const named = kind === "words" ? [] : await lookedUp(text, code);
    if (!named) return { isReplaced: true };
    const isSearch = !named.length && (kind === "words" || kind === "contact");
    const cards = isSearch ? await search(text) : named;
    await Promise.all(cards.map(rememberCard));
    return { cards, isSearch };
  }

  /**
   * The cards that a code names; null where it is one of a card that was replaced.
   * @param {string} text
   * @param {string} code as read
   * @returns {Promise<Terminal.Card[] | null>}
   */
  async function lookedUp(text, code) {
    try {
      // In the body: addresses of requests are written to logs, and the text may be a contact.
      const { items } = await api.post(`${CARDS}/lookup`, { code: text });
      return items;
    } catch (error) {
      if (!(error instanceof Refusal) || error.problem.code !== "card_replaced") throw error;
      const wanted = await wantedBy(code);
      await store.change("known", (known) => replaced(known ?? emptyKnown(), wanted, clock.now()));
      return null;
    }
  }

  /** @param {string} words */
  async function search(words) {
    if (words.length < SHORTEST_SEARCH) return [];
    const asked = `query=${encodeURIComponent(words.slice(0, 100))}&limit=${MOST_FOUND}`;
    const { items } = await api.get(`${CARDS}?${asked}`);
    return byFit(items, words);
  }

  /**
   * @param {ReturnType<typeof readCode>} read
   * @returns {Promise<Partial<Found>>}
   */
  async function remembering({ kind, code }) {
    const known = (await store.read("known")) ?? emptyKnown();
    if (kind !== "card" && kind !== "moving")
      return { cards: searched(known, code, clock.now()), isSearch: true };
    const wanted = await wantedBy(code);
    if (isReplaced(known, wanted)) return { isReplaced: true };
    const card = recalled(known, wanted, clock.now());
    return card ? { cards: [card] } : { isUnknown: true };
  }

  /** @param {string} code */
  async function wantedBy(code) {
    const number = numberOf(code);
    return { number, digest: number ? null : await digestOf(code) };
  }

  /** @param {Terminal.Card} card */
  async function rememberCard(card) {
    await store.change("known", (known) =>
      remembered(known ?? emptyKnown(), card, card.token_digest || null, clock.now()),
    );
  }

  return { find, rememberCard };
}
