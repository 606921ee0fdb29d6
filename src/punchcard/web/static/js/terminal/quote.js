// What a purchase would earn, and why, as the server reckons it; without a line, as far as can be told.

import { pointsFor } from "./amount.js";
import { minorDigits, number } from "./format.js";
import { runningFor } from "./held.js";
import { promotionName } from "./promotions.js";
import { language, t } from "./texts.js";

const LOYALTY = "/vendor/loyalty";

/**
 * What the device can say by itself: the base, and that a bonus follows.
 * @param {Terminal.App} app
 * @param {Terminal.Program | undefined} program
 * @param {number} minor
 */
export function guessed(app, program, minor) {
  if (!program || !minor) return "";
  const points = pointsFor(minor, program, minorDigits(program.currency));
  const words = t("Points: about {n}", { n: number(points, language()) });
  const follows = !app.line.isUp() && runningFor(app, program).length > 0;
  return follows ? `${words}. ${t("The bonus follows once you are back online.")}` : words;
}

/**
 * What the server says that it would earn; null where it cannot be asked or would refuse.
 * @param {Terminal.App} app
 * @param {{card: string, amount_minor: number, stamps?: number}} purchase
 * @returns {Promise<string | null>}
 */
export async function quoted(app, purchase) {
  if (!app.line.isUp()) return null;
  const path = purchase.stamps ? "/visit/quote" : "/points/quote";
  try {
    /** @type {Terminal.Quote} */
    const quote = await app.api.post(`${LOYALTY}${path}`, purchase);
    return quote.refused_by ? null : quoteWords(app, quote);
  } catch {
    // What cannot be told before is told by the receipt.
    return null;
  }
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Quote} quote
 */
function quoteWords(app, quote) {
  const sum = t("Points: {n}", { n: number(quote.points, language()) });
  const parts = quote.parts.filter((part) => part.points || part.stamps);
  if (!parts.some((part) => part.kind !== "base")) return sum;
  const told = parts.map((part) => `${nameOf(app, part)} ${amountOf(part)}`);
  return `${sum} (${told.join(", ")})`;
}

/** @param {Terminal.QuotedPart} part */
function amountOf({ points, stamps }) {
  const said = [];
  if (points) said.push(`+${number(points, language())}`);
  if (stamps) said.push(t("Stamps: {n}", { n: stamps }));
  return said.join(" · ");
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.QuotedPart} part
 */
function nameOf(app, { kind, promotion_id }) {
  if (kind === "base") return t("purchase");
  if (kind === "tier") return t("tier");
  const promotion = app.state.shop?.promotions?.find((one) => one.id === promotion_id);
  return promotion ? promotionName(promotion, language()) : t("promotion");
}
