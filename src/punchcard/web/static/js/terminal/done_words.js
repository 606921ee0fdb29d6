// What was done, in words: after a stamp, a purchase, a part of one that comes back.

import { money, number } from "./format.js";
import { count, language, t } from "./texts.js";

/**
 * What was done, as staff read it after a stamp or a purchase.
 * @param {Terminal.Receipt} receipt
 */
export function doneWords({ transaction, card }) {
  const { amount_minor, currency, stamps_delta } = transaction;
  const words = [];
  if (amount_minor !== null && currency !== null) {
    const values = {
      amount: money(amount_minor, currency, language()),
      total: number(card.points, language()),
    };
    const one = t("{amount}: +{n} point, {total} in total.", values);
    const many = t("{amount}: +{n} points, {total} in total.", values);
    words.push(count(transaction.points_delta, one, many));
  }
  if (stamps_delta || !words.length) {
    const values = {
      n: number(card.stamps, language()),
      target: number(card.stamps_target, language()),
    };
    words.push(t("Stamped: {n} of {target}.", values));
  }
  return words.join(" ");
}

/**
 * What was taken back with a part of a purchase; points that had not come yet move no balance.
 * @param {Terminal.Receipt} receipt
 */
export function refundedWords({ transaction, card }) {
  const { amount_minor, currency, points_delta } = transaction;
  if (amount_minor === null || currency === null || !points_delta)
    return t("Taken back: its points are gone.");
  const values = {
    amount: money(amount_minor, currency, language()),
    total: number(card.points, language()),
  };
  const one = t("{amount} taken back: −{n} point, {total} in total.", values);
  const many = t("{amount} taken back: −{n} points, {total} in total.", values);
  return count(-points_delta, one, many);
}
