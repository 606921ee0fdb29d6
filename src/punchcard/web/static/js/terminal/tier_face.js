// The tier of a card as staff see it: its name, until when, and how far the next one is.

import { h, icon } from "./dom.js";
import { money } from "./format.js";
import { count, language, t } from "./texts.js";

/**
 * What a tier of the program is called in the language of the device.
 * @param {Terminal.Program | undefined} program
 * @param {string} key
 * @returns {string}
 */
export function tierName(program, key) {
  const tier = program?.tiers?.find((one) => one.key === key);
  return tier?.texts?.[language()]?.name ?? tier?.name ?? key;
}

/**
 * What is said of a tier that has just been reached; empty where none was, or that is not known.
 * @param {Terminal.Program | undefined} program
 * @param {Terminal.Card | null} before the card as it was, null if nobody has seen it here
 * @param {Terminal.Card} after
 * @returns {string}
 */
export function reachedWords(program, before, after) {
  const place = (/** @type {Terminal.Card} */ { tier }) =>
    Math.max(0, program?.tiers?.findIndex((one) => one.key === tier?.key) ?? 0);
  if (!before || !after.tier || place(after) <= place(before)) return "";
  return t("{tier} reached.", { tier: tierName(program, after.tier.key) });
}

/**
 * What is missing to the next tier, in words; empty in the highest.
 * @param {Terminal.Program | undefined} program
 * @param {Terminal.CardTier} tier
 * @returns {string}
 */
export function wayWords(program, { next }) {
  if (!next) return "";
  const { missing } = next;
  const tier = tierName(program, next.key);
  if (!missing) return t("{tier} comes with the next purchase.", { tier });
  switch (program?.tier_basis) {
    case "spend_minor": {
      const amount = money(missing, program.currency, language());
      return t("{amount} more to spend for {tier}", { amount, tier });
    }
    case "visits":
      return count(
        missing,
        t("{n} visit to {tier}", { tier }),
        t("{n} visits to {tier}", { tier }),
      );
    case "stamps":
      return count(
        missing,
        t("{n} stamp to {tier}", { tier }),
        t("{n} stamps to {tier}", { tier }),
      );
    default:
      return count(
        missing,
        t("{n} point to {tier}", { tier }),
        t("{n} points to {tier}", { tier }),
      );
  }
}

/**
 * @param {Terminal.Program | undefined} program
 * @param {Terminal.Card} card
 */
export function tierFace(program, { tier }) {
  if (!tier) return [];
  const badge = h("strong", {}, tierName(program, tier.key));
  const words = wayWords(program, tier);
  const line = h("p", { class: "tier-line" }, icon("star"), badge, words && h("span", {}, words));
  if (!tier.next) return [line];
  const value = Math.max(0, tier.progress);
  const max = Math.max(1, value) + tier.next.missing;
  return [line, h("progress", { value, max, "aria-hidden": "true" })];
}
