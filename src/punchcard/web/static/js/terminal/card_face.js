// The card as staff see it: large enough to read from two steps away.

import { holesARow, milestonesReady } from "./card_rules.js";
import { numberOf, spaced } from "./codes.js";
import { h, icon, stampIcon } from "./dom.js";
import { clockTime, money, number } from "./format.js";
import { given, held } from "./held.js";
import { paint } from "./look.js";
import { readyName } from "./reward_list.js";
import { count, language, t } from "./texts.js";
import { tierFace } from "./tier_face.js";

/**
 * A program's words in the language of the device.
 * @param {Terminal.Program | null | undefined} program
 * @param {keyof Terminal.ProgramWords} name
 */
export function wordOf(program, name) {
  const own = program?.texts?.[language()]?.[name];
  if (own) return own;
  return name === "reward_name" ? (program?.stamp_reward?.name ?? "") : (program?.[name] ?? "");
}

/**
 * What the reward from `at` stamps on is called.
 * @param {Terminal.Program | undefined} program
 * @param {Terminal.Card | null} card
 * @param {number} at
 * @returns {string}
 */
export function milestoneName(program, card, at) {
  const reward = program?.stamp_rewards?.find((one) => one.at === at);
  const ready = card?.ready_rewards?.find((one) => one.id === null && one.at === at);
  return reward?.texts?.[language()]?.name ?? reward?.name ?? ready?.name ?? "";
}

/**
 * @param {Terminal.App} app
 * @param {import("./foretell.js").Foretold} coming the card, with what waits counted in
 * @param {{code?: string, isStale?: boolean}} seen
 */
export function cardFace(app, coming, { code = "", isStale = false }) {
  const { card } = coming;
  const program = app.state.shop?.programs.find((one) => one.id === card?.program_id);
  const element = h("section", { class: "card-face till-card", "aria-label": t("The card") });
  paint(element, program?.branding ?? {});
  if (!card) {
    element.append(
      h("h1", { tabindex: "-1" }, t("Unknown card")),
      h(
        "p",
        {},
        t(
          "You are offline and this device has not seen the card before, so its balance is not known.",
        ),
      ),
      ...waits(coming),
      h("p", { class: "number-line" }, spaced(numberOf(code) ?? code)),
    );
    return element;
  }
  const isStamps = program ? program.type !== "points" : true;
  const isPoints = program ? program.type !== "stamps" : card.points > 0;
  element.append(
    h(
      "div",
      { class: "card-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, card.customer?.name ?? t("Card without a name")),
        h("p", {}, wordOf(program, "name")),
      ),
      card.status !== "active" && h("strong", { class: "state" }, t("Blocked")),
    ),
    ...(isStamps ? stamps(card, program) : []),
    ...(isPoints ? points(app, card) : []),
    ...tierFace(program, card),
    ...given(app, card).map(ready),
    ...(isStale ? [] : held(app, card, program)),
    isStale
      ? h(
          "p",
          { class: "stale" },
          icon("clock"),
          h(
            "span",
            {},
            t("Last seen at {time}; it may have changed since.", {
              time: clockTime(card.seen_at ?? app.clock.now(), language(), app.clock.now()),
            }),
          ),
        )
      : "",
    ...waits(coming),
    h("p", { class: "number-line" }, spaced(card.number)),
  );
  return element;
}

/**
 * What of this card waits on the device.
 * @param {import("./foretell.js").Foretold} coming
 */
function waits({ stamps: waiting, purchases }) {
  const words = purchases.map(({ body, label }) =>
    money(body.amount_minor ?? 0, label.currency ?? "EUR", language()),
  );
  if (waiting) words.unshift(count(waiting, t("{n} stamp"), t("{n} stamps")));
  if (!words.length) return [];
  const said = t("Not sent yet: {what}", { what: words.join(" · ") });
  return [h("p", { class: "stale unsent" }, icon("refresh-cw"), h("span", {}, said))];
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 */
function points(app, card) {
  const big = h("p", { class: "big" }, count(card.points, t("{n} point"), t("{n} points")));
  const offers = (card.ready_rewards ?? []).filter((one) => one.id !== null && !one.grant_id);
  const [best] = offers;
  if (!best) return [big];
  const reward = readyName(app.state.shop, best);
  const words =
    offers.length > 1
      ? t("Reward ready: {reward}, or another of {n}", { reward, n: offers.length })
      : t("Reward ready: {reward}", { reward });
  return [big, ready(words)];
}

/** @param {string} words */
function ready(words) {
  return h("p", { class: "ready" }, icon("gift"), h("strong", {}, words));
}

/**
 * @param {Terminal.Card} card
 * @param {Terminal.Program | undefined} program
 */
function stamps(card, program) {
  const shown = Math.min(card.stamps, card.stamps_target);
  const words = t("{n} of {target} stamps", {
    n: number(card.stamps, language()),
    target: number(card.stamps_target, language()),
  });
  const hole = (/** @type {number} */ place) =>
    h(
      "li",
      { class: place < shown ? "full" : "" },
      place < shown && stampIcon(program?.branding ?? {}),
    );
  const holes =
    card.stamps_target <= 20
      ? h(
          "ul",
          { class: "holes", "aria-hidden": "true" },
          ...Array.from({ length: card.stamps_target }, (_x, place) => hole(place)),
        )
      : h("progress", { value: shown, max: card.stamps_target, "aria-hidden": "true" });
  holes.style.setProperty("--holes-a-row", String(holesARow(card.stamps_target)));
  const big = h("p", { class: "big" }, words);
  const times = Math.floor(card.stamps / card.stamps_target);
  if (card.status !== "active") return [big, holes];
  const waiting = milestonesReady(card).map((at) => {
    const reward = milestoneName(program, card, at);
    return ready(reward ? t("Reward ready: {reward}", { reward }) : t("Reward ready"));
  });
  if (times < 1) return [big, holes, ...waiting];
  const reward = wordOf(program, "reward_name");
  const named = reward ? t("Reward ready: {reward}", { reward }) : t("Reward ready");
  return [big, holes, ready(times > 1 ? `${times} × ${named}` : named), ...waiting];
}
