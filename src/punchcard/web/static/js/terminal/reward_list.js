// What points can be exchanged for, cheapest first; what is out of reach says by how much.

import { h, icon } from "./dom.js";
import { count, language, t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {Terminal.Program} program
 * @param {Terminal.Card | null} card null is one nobody has seen here before: nothing can be had
 * @param {(reward: Terminal.Reward & {shown: string}) => unknown} onChoose `shown` is its name
 */
export function rewardList(app, program, card, onChoose) {
  const now = app.clock.now();
  const rewards = offered(app.state.shop?.rewards ?? [], program, now);
  if (!rewards.length) return h("p", { class: "muted" }, t("This program has no rewards yet."));
  return h(
    "section",
    { class: "rewards" },
    h("h2", {}, t("Redeem points")),
    h("ul", {}, ...rewards.map((one) => h("li", {}, rewardButton(app, one, card, onChoose)))),
  );
}

/**
 * The rewards of a program that can be had now, cheapest first.
 * @param {Terminal.Reward[]} rewards
 * @param {Pick<Terminal.Program, "id" | "minimum_redemption_points">} program
 * @param {number} now milliseconds
 */
export function offered(rewards, program, now) {
  const isOffered = (/** @type {Terminal.Reward} */ one) =>
    one.program_id === program.id &&
    one.status === "active" &&
    one.points_required !== null &&
    one.points_required >= (program.minimum_redemption_points ?? 0) &&
    one.stock_left !== 0 &&
    (!one.valid_from || Date.parse(one.valid_from) <= now) &&
    (!one.valid_until || Date.parse(one.valid_until) > now);
  return rewards
    .filter(isOffered)
    .sort((one, other) => (one.points_required ?? 0) - (other.points_required ?? 0));
}

/**
 * What a reward that a card can have is called on this device: a reward that was renamed since keeps
 * the name it was given under.
 * @param {Terminal.Shop | null} shop
 * @param {Terminal.ReadyReward} ready
 * @returns {string}
 */
export function readyName(shop, ready) {
  const today = shop?.rewards.find((one) => one.id === ready.id);
  return (today?.name === ready.name && today.texts?.[language()]?.name) || ready.name;
}

/**
 * Whether the server said that the card can have it: only it knows how often a card had it, and what
 * ran out since the shop was read.
 * @param {Terminal.Card | null} card
 * @param {Pick<Terminal.Reward, "id">} reward
 */
export function isReady(card, reward) {
  const known = card?.ready_rewards;
  return !known || known.some((one) => one.id === reward.id && !one.grant_id);
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Reward} reward
 * @param {Terminal.Card | null} card
 * @param {(reward: Terminal.Reward & {shown: string}) => unknown} onChoose
 */
function rewardButton(app, reward, card, onChoose) {
  const shown = reward.texts?.[language()]?.name ?? reward.name;
  const price = reward.points_required ?? 0;
  const missing = price - (card?.points ?? 0);
  const cost = count(price, t("{n} point"), t("{n} points"));
  const why = !app.line.isUp()
    ? t("You need to be online to redeem.")
    : missing > 0
      ? count(missing, t("{n} point to go"), t("{n} points to go"))
      : isReady(card, reward)
        ? ""
        : t("Not available now");
  const attributes = {
    type: "button",
    class: "secondary reward-row",
    disabled: Boolean(why),
    onclick: () => onChoose({ ...reward, shown }),
  };
  return h(
    "button",
    attributes,
    icon("gift"),
    h("span", {}, h("b", {}, shown), why && h("small", {}, why)),
    h("span", { class: "cost" }, cost),
  );
}
