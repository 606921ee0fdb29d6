// The buttons for what can be done with a card as it is now.

import { milestoneName, wordOf } from "./card_face.js";
import { grantsReady, isFull, milestonesReady } from "./card_rules.js";
import { button, h, icon, iconButton, notice } from "./dom.js";
import { countdownTo } from "./refusals.js";
import { readyName, rewardList } from "./reward_list.js";
import { t } from "./texts.js";

const MOST_STAMPS = 50;

/**
 * @typedef {object} Shown what the screen of a card shows
 * @property {Terminal.Card | null} card null is one nobody has seen here before
 * @property {Terminal.Program | undefined} program of the card, if both are known
 * @property {boolean} isStale the card is shown as it was seen last
 * @property {boolean} isBusy something is being asked
 * @property {boolean} awaitsAnswer nobody knows what became of what was asked last
 * @property {number} quantity of stamps to give
 * @property {import("./foretell.js").Foretold} coming the card, with what waits counted in
 *
 * @typedef {object} Does what the buttons do
 * @property {() => void} draw the screen again
 * @property {() => unknown} stamp
 * @property {() => unknown} earn
 * @property {(at?: number) => unknown} redeemStamps of a full card, or from so many stamps on
 * @property {(reward: Terminal.Reward & {shown: string}) => unknown} redeemPoints
 * @property {(grantId: string, reward: string) => unknown} redeemGrant
 * @property {() => unknown} refund a part of a purchase
 */

/**
 * @param {Terminal.App} app
 * @param {Shown} now
 * @param {Does} does
 * @returns {HTMLElement[]}
 */
export function cardActions(app, now, does) {
  const { program } = now;
  const { card } = now.coming;
  // While it is not known what became of it, only the same question may be asked again.
  if (now.awaitsAnswer) return [];
  if (card && card.status !== "active")
    return [notice("bad", t("This card is blocked and cannot be used."))];
  const types = program ? [program.type] : (app.state.shop?.programs ?? []).map((one) => one.type);
  const all = [];
  const milestones = milestonesReady(card);
  if (isFull(card, program?.type) || milestones.length || grantsReady(card).length)
    all.push(...redeeming(app, now, does, milestones));
  if (types.some((type) => type !== "points")) all.push(stampRow(app, now, does));
  if (types.some((type) => type !== "stamps"))
    all.push(button("receipt", t("Purchase: add points"), does.earn, { class: "big wide" }));
  if (program && program.type !== "stamps")
    all.push(rewardList(app, program, card, does.redeemPoints));
  if (card && program && program.type !== "stamps") all.push(refunding(app, does));
  return all;
}

/**
 * @param {Terminal.App} app
 * @param {Shown} now
 * @param {Does} does
 * @param {number[]} milestones from how many stamps on the rewards stand before a full card's
 */
function redeeming(app, now, does, milestones) {
  const isUp = app.line.isUp();
  /**
   * @param {string} reward
   * @param {number} [at]
   */
  const press = (reward, at) => {
    const words = reward ? t("Redeem: {reward}", { reward }) : t("Redeem the reward");
    const attributes = { class: "big wide reward", disabled: !isUp };
    return button("gift", words, () => does.redeemStamps(at), attributes);
  };
  const all = milestones.map((at) => press(milestoneName(now.program, now.coming.card, at), at));
  if (isFull(now.coming.card, now.program?.type))
    all.unshift(press(wordOf(now.program, "reward_name")));
  for (const one of grantsReady(now.coming.card)) {
    const reward = readyName(app.state.shop, one);
    const words = t("Hand out: {reward}", { reward });
    const attributes = { class: "big wide reward", disabled: !isUp };
    all.push(button("gift", words, () => does.redeemGrant(one.grant_id ?? "", reward), attributes));
  }
  return isUp ? all : [...all, waiting("wifi-off", t("You need to be online to redeem."))];
}

/**
 * @param {Terminal.App} app
 * @param {Does} does
 */
function refunding(app, does) {
  const isUp = app.line.isUp();
  const words = t("Refund a part of a purchase");
  const attributes = { class: "secondary wide", disabled: !isUp };
  const press = button("undo-2", words, does.refund, attributes);
  if (isUp) return press;
  return h("div", {}, press, waiting("wifi-off", t("You need to be online to refund.")));
}

/**
 * @param {Terminal.App} app
 * @param {Shown} now
 * @param {Does} does
 */
function stampRow(app, now, does) {
  const { next_stamp_at: next, stamps_left_today: left } = now.coming;
  const mustWait = next !== null && Date.parse(next) > app.clock.now();
  const bounds = [MOST_STAMPS, left || 1, now.program?.max_daily_stamps];
  const most = Math.max(1, Math.min(...bounds.map((one) => one ?? MOST_STAMPS)));
  now.quantity = Math.min(now.quantity, most);
  /**
   * @param {string} drawing
   * @param {string} words
   * @param {number} by
   * @param {number} end
   */
  const step = (drawing, words, by, end) => {
    const move = () => {
      now.quantity = Math.max(1, Math.min(most, now.quantity + by));
      does.draw();
    };
    return iconButton(drawing, words, move, {
      class: "step",
      disabled: mustWait || now.quantity === end,
    });
  };
  const words = now.quantity === 1 ? t("Stamp") : t("{n} stamps", { n: now.quantity });
  const row = h(
    "div",
    { class: "stamp-row" },
    most > 1 && step("minus", t("One stamp fewer"), -1, 1),
    button("stamp", words, does.stamp, { class: "big stamp-it", disabled: mustWait }),
    most > 1 && step("plus", t("One stamp more"), 1, most),
  );
  if (!mustWait) return h("div", {}, row);
  const rest = countdownTo(next, app.clock.now, does.draw);
  return h("div", {}, row, waiting("clock", t("Next stamp in"), " ", rest));
}

/**
 * @param {string} drawing
 * @param {...Terminal.Child} content
 */
function waiting(drawing, ...content) {
  return h("p", { class: "wait" }, icon(drawing), h("span", {}, ...content));
}

/**
 * The words where nobody knows what became of it, and the button that asks again.
 * @param {() => unknown} ask
 * @returns {[string, HTMLElement]}
 */
export function askedAgain(ask) {
  const words = t(
    "The connection was lost before the answer came. Try again: it is done only once.",
  );
  return [words, button("refresh-cw", t("Try again"), ask, { class: "secondary" })];
}
