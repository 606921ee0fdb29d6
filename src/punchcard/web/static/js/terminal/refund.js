// A part of a purchase that comes back: which of the card's last purchases, how much, and why.

import { askAmount } from "./amount_pad.js";
import { ask, button, h } from "./dom.js";
import { clockTime, money } from "./format.js";
import { newKey } from "./key.js";
import { proofOf } from "./proofs.js";
import { sentenceOfError } from "./refusals.js";
import { language, t } from "./texts.js";
import { askReason } from "./undo.js";

const LOYALTY = "/vendor/loyalty";
const LOOKED_AT = 100;
const SHOWN = 8;

/**
 * @typedef {object} Purchase
 * @property {Terminal.Transaction} transaction
 * @property {number} left what has not come back of it, in minor units
 */

/**
 * The purchases of a card of which something can come back, the last first.
 * @param {Terminal.Transaction[]} transactions newest first
 * @returns {Purchase[]}
 */
export function refundable(transactions) {
  /** @type {Map<string, number>} */
  const refunded = new Map();
  for (const { type, details, amount_minor, voided_by } of transactions) {
    if (type !== "points_refunded" || voided_by || !details?.refunds) continue;
    refunded.set(details.refunds, (refunded.get(details.refunds) ?? 0) + (amount_minor ?? 0));
  }
  return transactions
    .filter(
      ({ type, voided_by }) => ["points_earned", "visit_recorded"].includes(type) && !voided_by,
    )
    .map((transaction) => ({
      transaction,
      left: (transaction.amount_minor ?? 0) - (refunded.get(transaction.id) ?? 0),
    }))
    .filter(({ left }) => left > 0);
}

/**
 * Ask what comes back; null when somebody left it, a sentence when there is nothing to choose from.
 * @param {Terminal.App} app
 * @param {string} cardId
 * @returns {Promise<object | string | null>} the body of the request
 */
export async function askRefund(app, cardId) {
  const found = await read(app, cardId);
  if (typeof found === "string") return found;
  if (!found.length) return t("No purchase of this card can come back.");
  const purchase = await askWhich(app, found.slice(0, SHOWN));
  if (!purchase) return null;
  const { transaction, left } = purchase;
  const amount = await askAmount(transaction.currency ?? "EUR", {
    title: t("How much comes back?"),
    action: t("Take the points back"),
    most: left,
  });
  if (amount === null) return null;
  const usual = [
    t("The customer brought something back"),
    t("Something was faulty or missing"),
    t("Too much was charged"),
  ];
  const reason = await askReason(t("Why does it come back?"), usual, t("Refund for this reason"));
  if (!reason) return null;
  return {
    transaction_id: transaction.id,
    amount_minor: amount,
    // A till without a number for it gives it one of its own, so that it is done once.
    refund_reference: newKey(),
    reason,
    ...proofOf(app.state.shift),
  };
}

/**
 * @param {Terminal.App} app
 * @param {string} cardId
 */
async function read(app, cardId) {
  try {
    const page = await app.api.get(`${LOYALTY}/cards/${cardId}/transactions?limit=${LOOKED_AT}`);
    return refundable(page.items);
  } catch (error) {
    return sentenceOfError(error, app.clock.now());
  }
}

/**
 * @param {Terminal.App} app
 * @param {Purchase[]} purchases
 * @returns {Promise<Purchase | null>}
 */
function askWhich(app, purchases) {
  const row = (/** @type {Purchase} */ one, /** @type {(value: any) => void} */ close) => {
    const { transaction, left } = one;
    const written = (/** @type {number} */ minor) =>
      money(minor, transaction.currency ?? "EUR", language());
    const when = clockTime(transaction.occurred_at ?? 0, language(), app.clock.now());
    const amount = transaction.amount_minor ?? 0;
    const rest = left < amount ? ` · ${t("{amount} of it left", { amount: written(left) })}` : "";
    return button("receipt", `${written(amount)} · ${when}${rest}`, () => close(one), {
      class: "secondary wide big",
    });
  };
  return ask(
    t("Which purchase?"),
    (close) => [h("div", { class: "choices" }, ...purchases.map((one) => row(one, close)))],
    t("Close"),
  );
}
