// What a card can be used for, as far as the terminal can tell; the server has the last word.

/**
 * Whether the card is full, so that its stamps can be exchanged. `rewards_ready` does not tell: in a
 * program with points it also counts what points are enough for.
 * @param {{stamps: number, stamps_target: number} | null} card
 * @param {string | undefined} type of the card's program
 */
export function isFull(card, type) {
  return (
    card !== null &&
    type !== "points" &&
    card.stamps_target > 0 &&
    card.stamps >= card.stamps_target
  );
}

/**
 * From how many stamps on the rewards stand that the card can have on its way to a full one.
 * @param {{stamps_target: number, ready_rewards?: Terminal.ReadyReward[]} | null} card
 * @returns {number[]}
 */
export function milestonesReady(card) {
  const found = [];
  for (const { id, grant_id, at } of card?.ready_rewards ?? []) {
    if (id === null && !grant_id && at && at < (card?.stamps_target ?? 0)) found.push(at);
  }
  return found;
}

/**
 * What this very card was given and can have now.
 * @param {{ready_rewards?: Terminal.ReadyReward[]} | null} card
 * @returns {Terminal.ReadyReward[]}
 */
export function grantsReady(card) {
  return (card?.ready_rewards ?? []).filter((one) => one.grant_id);
}

/**
 * How many stamps stand in a row of a small screen: at most eight, and no lonely ones below.
 * @param {number} target
 */
export function holesARow(target) {
  return Math.ceil(target / Math.ceil(target / 8));
}
