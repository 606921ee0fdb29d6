// What the screen of a card knows: the card as the server told it, and what waits for it here.

import { wordOf } from "./card_face.js";
import { numberOf } from "./codes.js";
import { foretold } from "./foretell.js";
import { waitingFor } from "./queue.js";

/**
 * @param {Terminal.App} app
 * @param {{card: Terminal.Card | null, code: string, isStale: boolean}} seen `card` null is one
 *   nobody has seen here before, and named by `code`
 */
export function createCardState(app, { card, code, isStale }) {
  const { shop, shift } = app.state;
  let seenAt = card?.seen_at ?? app.clock.now();
  const program = programOf(shop, card);
  /** @type {import("./card_actions.js").Shown} */
  const now = {
    ...{ card, program, isStale, isBusy: false, awaitsAnswer: false, quantity: 1 },
    coming: comingOf(card, program),
  };

  /**
   * A card with what waits on this device counted in.
   * @param {Terminal.Card | null} of
   * @param {Terminal.Program | undefined} by
   */
  function comingOf(of, by) {
    const named = { id: of?.id ?? null, number: of?.number ?? numberOf(code), code };
    const times = { seenAt, now: app.clock.now(), timezone: shop?.timezone };
    return foretold(of, by, waitingFor(app.state.book, named), times);
  }

  /**
   * Take the card as the server tells it now; with `isAsSeen`, something of it.
   * @param {Terminal.Card} told
   */
  function show(told, isAsSeen = false) {
    [now.card, now.program] = [told, programOf(shop, told)];
    if (isAsSeen) return;
    [now.isStale, seenAt] = [false, app.clock.now()];
  }

  return {
    now,
    show,
    label: {
      number: card?.number ?? code,
      name: card?.customer?.name ?? null,
      program: wordOf(program, "name"),
    },
    // Somebody who proved who they are vouches for the card; otherwise its rotating code must.
    ref: () => (now.card && (shift || !code.includes("/")) ? now.card.id : code),
    /** Count in what waits now. */
    lookAgain() {
      now.coming = comingOf(now.card, now.program);
    },
    /** Take the card from what the server has answered to what waited for it. */
    hear() {
      const isIt = (/** @type {Terminal.Done} */ entry) =>
        entry.settled_at > seenAt &&
        (entry.receipt?.card.id === now.card?.id || entry.body.card === code);
      const heard = app.state.book.done.find((entry) => entry.receipt && isIt(entry));
      if (heard?.receipt) show(heard.receipt.card);
    },
  };
}

/**
 * The program of a card; of one nobody has seen here, the only one that gives stamps.
 * @param {Terminal.Shop | null} shop
 * @param {Terminal.Card | null} card
 */
function programOf(shop, card) {
  if (card) return shop?.programs.find((one) => one.id === card.program_id);
  const stamping = shop?.programs.filter((one) => one.type !== "points") ?? [];
  return stamping.length === 1 && shop?.programs.length === 1 ? stamping[0] : undefined;
}
