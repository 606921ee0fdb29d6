// One card: what is on it, and what can be done with it in one touch.

import { isFull } from "./card_rules.js";
import { cardFace, wordOf } from "./card_face.js";
import { askAmount } from "./amount_pad.js";
import { button, h, icon, iconButton, notice } from "./dom.js";
import { money, number } from "./format.js";
import { countdownTo, momentOf, sentenceOf } from "./refusals.js";
import { rewardList } from "./reward_list.js";
import { language, t } from "./texts.js";
import { undoButton } from "./undo.js";

/**
 * @param {object} app
 * @param {{card: object | null, code?: string, isStale?: boolean}} props
 */
export function showCard(app, { card, code = "", isStale = false }) {
  const told = h("div", { class: "told", "aria-live": "polite" });
  const face = h("div", {});
  const actions = h("div", { class: "deeds" });
  const now = { card, isStale, isBusy: false, quantity: 1 };

  const { shop, shift } = app.state;
  const program = card && shop?.programs.find((one) => one.id === card.program_id);
  const types = program ? [program.type] : (shop?.programs ?? []).map((one) => one.type);
  const label = {
    number: card?.number ?? code,
    name: card?.customer?.name ?? null,
    program: wordOf(program, "name"),
  };
  // Somebody who proved who they are vouches for the card; otherwise its moving code must.
  const ref = () => (now.card && (shift || !code.includes("/")) ? now.card.id : code);

  function draw() {
    face.replaceChildren(cardFace(app, now.card, { code, isStale: now.isStale }));
    actions.replaceChildren(...deeds());
    for (const one of actions.querySelectorAll("button")) one.disabled ||= now.isBusy;
  }

  function deeds() {
    const all = [];
    // While it is not known what became of it, only the same question may be asked again.
    if (now.awaitsAnswer) return [];
    if (now.card && now.card.status !== "active")
      return [notice("bad", t("This card is blocked. Nothing can be done with it."))];
    if (isFull(now.card, program?.type))
      all.push(
        redeemButton(),
        app.line.isUp()
          ? null
          : h(
              "p",
              { class: "wait" },
              icon("wifi-off"),
              h("span", {}, t("Redeeming needs the line.")),
            ),
      );
    if (types.some((type) => type !== "points")) all.push(stampRow());
    if (types.some((type) => type !== "stamps"))
      all.push(button("receipt", t("Purchase: add points"), earn, { class: "big wide" }));
    if (program && program.type !== "stamps")
      all.push(rewardList(app, program, now.card, redeemPoints));
    return all.filter(Boolean);
  }

  function stampRow() {
    const most = Math.max(
      1,
      Math.min(50, now.card?.stamps_left_today || 1, program?.max_daily_stamps ?? 50),
    );
    now.quantity = Math.min(now.quantity, most);
    const step = (by) => {
      now.quantity = Math.max(1, Math.min(most, now.quantity + by));
      draw();
    };
    const words = now.quantity === 1 ? t("Stamp") : t("{n} stamps", { n: now.quantity });
    const press = button("stamp", words, stamp, { class: "big stamp-it" });
    const wait = now.card?.next_stamp_at && Date.parse(now.card.next_stamp_at) > app.clock.now();
    const row = h(
      "div",
      { class: "stamp-row" },
      most > 1 &&
        iconButton("minus", t("One stamp fewer"), () => step(-1), {
          class: "step",
          disabled: now.quantity === 1,
        }),
      press,
      most > 1 &&
        iconButton("plus", t("One stamp more"), () => step(1), {
          class: "step",
          disabled: now.quantity === most,
        }),
    );
    return h(
      "div",
      {},
      row,
      wait &&
        h(
          "p",
          { class: "wait" },
          icon("clock"),
          h(
            "span",
            {},
            t("Next stamp in"),
            " ",
            countdownTo(now.card.next_stamp_at, app.clock.now, draw),
          ),
        ),
    );
  }

  function redeemButton() {
    const reward = wordOf(program, "reward_name");
    return button(
      "gift",
      reward ? t("Redeem: {reward}", { reward }) : t("Redeem the reward"),
      redeemStamps,
      { class: "big wide reward", disabled: !app.line.isUp() },
    );
  }

  async function busy(work) {
    if (now.isBusy) return;
    now.isBusy = true;
    draw();
    try {
      await work();
    } finally {
      now.isBusy = false;
      draw();
      actions.querySelector("button:not([disabled])")?.focus();
    }
  }

  const stamp = () =>
    busy(async () => {
      const quantity = now.quantity;
      now.quantity = 1;
      const fields = quantity === 1 ? {} : { quantity };
      queued(
        await app.desk.submit({ op: "stamp", card: ref(), ...fields }, { ...label, quantity }),
      );
    });

  const earn = async () => {
    const currency = program?.currency ?? shop.currency;
    const amount = await askAmount(currency, program?.points_per_currency_unit);
    if (amount === null) return;
    await busy(async () =>
      queued(
        await app.desk.submit(
          { op: "earn", card: ref(), amount_minor: amount },
          { ...label, amount, currency },
        ),
      ),
    );
  };

  const redeemStamps = () =>
    busy(async () =>
      answered(await app.desk.redeemStamps(ref()), t("Redeemed: hand over the reward.")),
    );
  const redeemPoints = (reward) =>
    busy(async () =>
      answered(
        await app.desk.redeemReward(ref(), reward.id),
        t("Redeemed: {reward}", { reward: reward.shown }),
      ),
    );

  function queued(outcome) {
    if (outcome.kind === "accepted") return accepted(outcome.receipt, doneWords(outcome.receipt));
    if (outcome.kind === "refused") return refused(outcome.problem);
    app.feedback("good");
    return tell(
      "warn",
      t("Kept on this device. It is sent as soon as the line is back."),
      undoButton(app, { key: outcome.key }, undone),
    );
  }

  function answered(outcome, words) {
    now.awaitsAnswer = outcome.kind === "unknown";
    if (outcome.kind === "accepted") return accepted(outcome.answer, words);
    if (outcome.kind === "refused") return refused(outcome.problem);
    const again = button(
      "refresh-cw",
      t("Ask again"),
      () => busy(async () => answered(await outcome.again(), words)),
      { class: "secondary" },
    );
    return tell(
      "bad",
      t("The line went down before the answer came. Ask again: it is done only once."),
      again,
    );
  }

  function accepted(receipt, words) {
    now.card = receipt.card;
    now.isStale = false;
    app.feedback("good");
    app.state.last = { id: receipt.transaction.id, card: receipt.card.id };
    app.store.keep("last", app.state.last);
    tell("good", words, undoButton(app, { id: receipt.transaction.id }, undone));
  }

  function refused(problem) {
    app.feedback("bad");
    const moment = momentOf(problem);
    if (problem.next_stamp_at && now.card)
      now.card = { ...now.card, next_stamp_at: problem.next_stamp_at };
    const wait = moment && countdownTo(moment, app.clock.now);
    tell(
      "bad",
      sentenceOf(problem, app.clock.now()),
      (wait || lastUndo()) && h("div", { class: "actions" }, wait, lastUndo()),
    );
    if (problem.code === "staff_token_invalid") app.lock();
  }

  /** What was done to this card last can still be undone, also after a touch too many. */
  function lastUndo() {
    const { last } = app.state;
    return last && now.card?.id === last.card ? undoButton(app, { id: last.id }, undone) : null;
  }

  function undone(outcome) {
    if (outcome.kind === "taken back")
      return tell("good", t("Taken back: it was not sent yet."), null);
    if (outcome.kind === "accepted") {
      now.card = outcome.answer.card;
      app.state.last = null;
      app.store.keep("last", null);
      app.feedback("good");
      draw();
      return tell("good", t("Undone. The ledger shows both."), null);
    }
    return answered(outcome, "");
  }

  function tell(kind, words, more) {
    told.replaceChildren(
      notice(kind, h("p", {}, words), more && h("div", { class: "actions" }, more)),
    );
  }

  function doneWords({ transaction, card: after }) {
    if (transaction.type === "points_earned") {
      const paid = money(transaction.amount_minor, transaction.currency, language());
      return t("{amount}: {n} points more, {total} in all.", {
        amount: paid,
        n: number(transaction.points_delta, language()),
        total: number(after.points, language()),
      });
    }
    return t("Stamped: {n} of {target}.", {
      n: number(after.stamps, language()),
      target: number(after.stamps_target, language()),
    });
  }

  const next = button("qr-code", t("Next customer"), () => app.show("scan"), {
    class: "secondary big wide next",
  });
  app.main.append(
    h("div", { class: "card-screen" }, face, h("div", { class: "card-side" }, told, actions, next)),
  );
  draw();
  (actions.querySelector("button:not([disabled]):not(.step)") ?? next).focus();
  const leave = (event) =>
    event.key === "Escape" && !document.querySelector("dialog[open]") && app.show("scan");
  addEventListener("keydown", leave);
  return {
    leave: () => removeEventListener("keydown", leave),
    changed: (what) => what === "line" && draw(),
    scanned: (text) => {
      app.feedback("read");
      app.show("scan");
      app.screen.scanned?.(text);
    },
  };
}
