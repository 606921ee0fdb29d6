// Cards this device has seen: what they showed last, for the time without a line.

/** How many cards are kept, and for how long, in milliseconds. */
export const MOST_KNOWN = 300;
export const KEPT_FOR_MS = 7 * 86_400_000;

/** @returns {Terminal.Known} */
export function emptyKnown() {
  return { cards: {} };
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
  return { cards: Object.fromEntries(all.map((one) => [one.id, one])) };
}

/**
 * The card that was seen with this number or digest of a token, else null.
 * @param {Terminal.Known} known
 * @param {{number: string | null, digest: string | null}} wanted
 * @param {number} now milliseconds
 */
export function recalled(known, { number, digest }, now) {
  const isIt = (/** @type {Terminal.KeptCard} */ one) =>
    (number && one.number === number) || (digest && one.digest === digest);
  const found = Object.values(known.cards).find(isIt);
  return found && now - found.seen_at < KEPT_FOR_MS ? found : null;
}

/**
 * A digest of a card's token: the token itself would open the card's page.
 * @param {string | null} token
 */
export async function digestOf(token) {
  if (!token || !globalThis.crypto?.subtle) return null;
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(bytes).slice(0, 16), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/**
 * The token in a card's address.
 * @param {string | null | undefined} address
 */
export function tokenIn(address) {
  return address ? address.slice(address.lastIndexOf("/") + 1) : null;
}
