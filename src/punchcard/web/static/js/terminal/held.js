// What a card holds beside its balances: points that end soon or cannot be spent yet, and what is on.

import { grantsReady } from "./card_rules.js";
import { h, icon } from "./dom.js";
import { dayOf, number } from "./format.js";
import { promotionName, running } from "./promotions.js";
import { readyName } from "./reward_list.js";
import { count, language, t } from "./texts.js";

const DAY_MS = 24 * 60 * 60_000;
const NOTICE_DAYS = 30;

/**
 * The promotions that are on now for cards of a program, at this terminal.
 * @param {Terminal.App} app
 * @param {Terminal.Program | undefined} program
 */
export function runningFor(app, program) {
  const { shop, device } = app.state;
  if (!program || !shop) return [];
  return running(shop.promotions ?? [], {
    programId: program.id,
    locationId: device?.location_id ?? null,
    at: app.clock.now(),
    timezone: shop.timezone,
  });
}

/**
 * What a card was given and can have, each with its last day.
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 * @returns {string[]}
 */
export function given(app, card) {
  return grantsReady(card).map((one) => {
    const reward = readyName(app.state.shop, one);
    return one.expires_on
      ? t("Given to this card until {day}: {reward}", {
          reward,
          day: dayOf(one.expires_on, language()),
        })
      : t("Given to this card: {reward}", { reward });
  });
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 * @param {Terminal.Program | undefined} program
 * @returns {HTMLElement[]}
 */
export function held(app, card, program) {
  const lines = [];
  const soonest = card.expiring?.[0];
  const days = Math.max(NOTICE_DAYS, ...(program?.expiry_notice_days ?? []));
  if (soonest && Date.parse(soonest.expires_on) < app.clock.now() + days * DAY_MS) {
    const values = { day: dayOf(soonest.expires_on, language()) };
    const words = count(
      soonest.points,
      t("{n} point ends on {day}", values),
      t("{n} points end on {day}", values),
    );
    lines.push(line("clock", words));
  }
  if (card.points_pending)
    lines.push(
      line(
        "lock",
        t("Points that cannot be spent yet: {n}", { n: number(card.points_pending, language()) }),
      ),
    );
  for (const { promotion, until } of runningFor(app, program)) {
    const name = promotionName(promotion, language());
    lines.push(
      line("star", until ? t("{promotion} until {time}", { promotion: name, time: until }) : name),
    );
  }
  return lines;
}

/**
 * @param {string} drawing
 * @param {string} words
 */
function line(drawing, words) {
  return h("p", { class: "held" }, icon(drawing), h("span", {}, words));
}
