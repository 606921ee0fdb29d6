// What the buttons of a card do: each asks the server, or writes down what can wait.

import { refundedWords } from "./done_words.js";
import { proofOf } from "./proofs.js";
import { askPurchase } from "./purchase.js";
import { askRefund } from "./refund.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {ReturnType<typeof import("./card_state.js").createCardState>} state
 * @param {object} screen
 * @param {(work: () => Promise<void>) => Promise<void>} screen.busy
 * @param {(outcome: Terminal.Submitted) => void} screen.queued
 * @param {(outcome: Terminal.Outcome<Terminal.Receipt>, words: Terminal.Words) => void} screen.answered
 * @param {(problem: Terminal.Problem) => void} screen.refused
 */
export function cardDeeds(app, { now, label, ref }, { busy, queued, answered, refused }) {
  const stamp = () =>
    busy(async () => {
      const quantity = now.quantity;
      now.quantity = 1;
      const fields = quantity === 1 ? {} : { quantity };
      const operation = { op: "stamp", card: ref(), ...fields };
      queued(await app.client.submit(operation, { ...label, quantity }));
    });

  async function earn() {
    const purchase = await askPurchase(app, now, ref());
    if (!purchase) return;
    await busy(async () => {
      const operation = { card: ref(), ...purchase.fields };
      queued(await app.client.submit(operation, { ...label, ...purchase.label }));
    });
  }

  const redeemStamps = (/** @type {number | undefined} */ at) =>
    busy(async () => {
      answered(await app.client.redeemStamps(ref(), at), t("Redeemed: hand over the reward."));
    });

  const redeemPoints = (/** @type {Terminal.Reward & {shown: string}} */ reward) =>
    busy(async () => {
      const outcome = await app.client.redeemReward(ref(), reward.id);
      answered(outcome, t("Redeemed: {reward}", { reward: reward.shown }));
    });

  const redeemGrant = (/** @type {string} */ grantId, /** @type {string} */ reward) =>
    busy(async () => {
      const body = { card: ref(), grant_id: grantId, ...proofOf(app.state.shift) };
      const outcome = await app.client.direct("/grants/redeem", body);
      answered(outcome, t("Redeemed: {reward}", { reward }));
    });

  async function refund() {
    if (!now.card) return;
    const body = await askRefund(app, now.card.id);
    if (typeof body === "string") refused({ detail: body });
    else if (body)
      await busy(async () =>
        answered(await app.client.direct("/points/refund", body), refundedWords),
      );
  }

  return { stamp, earn, redeemStamps, redeemPoints, redeemGrant, refund };
}
