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
