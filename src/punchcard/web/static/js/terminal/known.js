// Cards this device has seen: what they showed last, for the time without a line.

import { foldedName, MOST_FOUND, SHORTEST_SEARCH } from "./codes.js";

/** How many cards are kept, and for how long, in milliseconds. */
export const MOST_KNOWN = 300;
export const KEPT_FOR_MS = 7 * 86_400_000;

/** @returns {Terminal.Known} */
export function emptyKnown() {
  return { cards: {}, gone: [] };
}

/**
 * The known cards with one as it is now; those not seen for long are let go.
 * @param {Terminal.Known} known
 * @param {Terminal.Card} card as the server tells it
 * @param {string | null} digest of the card's token
 * @param {number} now milliseconds
 * @returns {Terminal.Known}
 */
export function remembered(known, card, digest, now) {
  const { id, number, program_id, stamps, stamps_target, points } = card;
  const { rewards_ready, ready_rewards } = card;
  const { next_stamp_at, stamps_left_today, status } = card;
  const kept = {
    ...{ id, number, program_id, stamps, stamps_target, points, rewards_ready, ready_rewards },
    ...{ next_stamp_at, stamps_left_today, status },
    // A name to greet with; address, phone and birthday stay with the server.
    customer: card.customer?.name ? { name: card.customer.name } : null,
    seen_at: now,
    digest: digest ?? known.cards[id]?.digest ?? null,
  };
  const others = Object.values(known.cards).filter(
    (one) => one.id !== id && now - one.seen_at < KEPT_FOR_MS,
  );
  others.sort((one, other) => other.seen_at - one.seen_at);
  const all = [kept, ...others.slice(0, MOST_KNOWN - 1)];
  const cards = Object.fromEntries(all.map((one) => [one.id, one]));
  const before = known.cards[id];
  const after = { cards, gone: known.gone ?? [] };
  // The same card under another number: the one before leads nowhere any more.
  return before && before.number !== number ? replaced(after, before, now) : after;
}

/**
 * The known cards without one that was replaced, of which only that is kept.
 * @param {Terminal.Known} known
 * @param {{number: string | null, digest: string | null}} code of the card before
 * @param {number} now milliseconds
 * @returns {Terminal.Known}
 */
export function replaced(known, { number, digest }, now) {
  const isIt = named(number, digest);
  const cards = Object.entries(known.cards).filter(([, one]) => !isIt(one));
  const gone = (known.gone ?? []).filter((one) => !isIt(one) && now - one.seen_at < KEPT_FOR_MS);
  return {
    cards: Object.fromEntries(cards),
    gone: [{ number, digest, seen_at: now }, ...gone].slice(0, MOST_KNOWN),
  };
}

/**
 * Whether a code is one of a card that was replaced, as far as this device has heard.
 * @param {Terminal.Known} known
 * @param {{number: string | null, digest: string | null}} wanted
 */
export function isReplaced(known, { number, digest }) {
  return (known.gone ?? []).some(named(number, digest));
}

/**
 * What tells by its number or digest whether something is the card wanted.
 * @param {string | null} number
 * @param {string | null} digest
 */
function named(number, digest) {
  return (/** @type {{number: string | null, digest: string | null}} */ one) =>
    Boolean((number && one.number === number) || (digest && one.digest === digest));
}

/**
 * The card that was seen with this number or digest of a token, else null.
 * @param {Terminal.Known} known
 * @param {{number: string | null, digest: string | null}} wanted
 * @param {number} now milliseconds
 */
export function recalled(known, { number, digest }, now) {
  const found = Object.values(known.cards).find(named(number, digest));
  return found && now - found.seen_at < KEPT_FOR_MS ? found : null;
}

/**
 * The cards that were seen whose holder's name has these words in it, or whose number these digits
 * at its end; those seen last come first.
 * @param {Terminal.Known} known
 * @param {string} text as typed
 * @param {number} now milliseconds
 */
export function searched(known, text, now) {
  const words = foldedName(text).split(" ").filter(Boolean);
  const digits = text.replace(/[ -]/g, "");
  if (words.join("").length < SHORTEST_SEARCH) return [];
  const isEnd = /^[0-9]{4,11}$/.test(digits);
  const fits = (/** @type {Terminal.KeptCard} */ one) =>
    isEnd
      ? one.number.endsWith(digits)
      : words.every((word) => foldedName(one.customer?.name ?? "").includes(word));
  const found = Object.values(known.cards)
    .filter((one) => now - one.seen_at < KEPT_FOR_MS && fits(one))
    .sort((one, other) => other.seen_at - one.seen_at);
  return byFit(found, text).slice(0, MOST_FOUND);
}

/**
 * Cards in the order in which somebody who typed these words looks for them: first the names of
 * which a word begins so.
 * @template {Terminal.Card} One
 * @param {One[]} cards
 * @param {string} text as typed
 * @returns {One[]}
 */
export function byFit(cards, text) {
  const wanted = foldedName(text);
  const begins = (/** @type {One} */ card) =>
    ` ${foldedName(card.customer?.name ?? "")}`.includes(` ${wanted}`);
  return [...cards].sort((one, other) => Number(begins(other)) - Number(begins(one)));
}

/**
 * The digest of a card's token, as the server tells it: the token itself would open the card's page.
 * @param {string | null} token
 */
export async function digestOf(token) {
  if (!token || !globalThis.crypto?.subtle) return null;
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(bytes).slice(0, 16), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
