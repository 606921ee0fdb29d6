// One card: what is on it, what can be done with it in one touch, and what became of that.

import { askAmount } from "./amount_pad.js";
import { cardActions } from "./card_actions.js";
import { cardFace, doneWords, wordOf } from "./card_face.js";
import { button, h, notice } from "./dom.js";
import { countdownTo, momentOf, sentenceOf } from "./refusals.js";
import { t } from "./texts.js";
import { undoButton } from "./undo.js";

/**
 * @param {Terminal.App} app
 * @param {Terminal.ScreenProps} props `card` null is one nobody has seen here before
 * @returns {Terminal.Screen}
 */
export function showCard(app, { card = null, code = "", isStale = false }) {
  const told = h("div", { class: "told", "aria-live": "polite" });
  const face = h("div", {});
  const actions = h("div", { class: "deeds" });
  const { shop, shift } = app.state;
  const program = shop?.programs.find((one) => one.id === card?.program_id);
  /** @type {import("./card_actions.js").Shown} */
  const now = { card, program, isStale, isBusy: false, awaitsAnswer: false, quantity: 1 };
  const label = {
    number: card?.number ?? code,
    name: card?.customer?.name ?? null,
    program: wordOf(program, "name"),
  };
  // Somebody who proved who they are vouches for the card; otherwise its rotating code must.
  const ref = () => (now.card && (shift || !code.includes("/")) ? now.card.id : code);

  function draw() {
    face.replaceChildren(cardFace(app, now.card, { code, isStale: now.isStale }));
    actions.replaceChildren(
      ...cardActions(app, now, { draw, stamp, earn, redeemStamps, redeemPoints }),
    );
    for (const one of actions.querySelectorAll("button")) one.disabled ||= now.isBusy;
  }

  /** @param {() => Promise<void>} work */
  async function busy(work) {
    if (now.isBusy) return;
    now.isBusy = true;
    draw();
    try {
      await work();
    } finally {
      now.isBusy = false;
      draw();
      firstButton("button:not([disabled])")?.focus();
    }
  }

  /** @param {string} selector */
  const firstButton = (selector) =>
    /** @type {HTMLButtonElement | null} */ (actions.querySelector(selector));

  const stamp = () =>
    busy(async () => {
      const quantity = now.quantity;
      now.quantity = 1;
      const fields = quantity === 1 ? {} : { quantity };
      const operation = { op: "stamp", card: ref(), ...fields };
      queued(await app.client.submit(operation, { ...label, quantity }));
    });

  async function earn() {
    const currency = program?.currency ?? shop?.currency;
    if (!currency) return;
    const amount = await askAmount(currency, program);
    if (amount === null) return;
    await busy(async () => {
      const operation = { op: "earn", card: ref(), amount_minor: amount };
      queued(await app.client.submit(operation, { ...label, amount, currency }));
    });
  }

  const redeemStamps = () =>
    busy(async () => {
      answered(await app.client.redeemStamps(ref()), t("Redeemed: hand over the reward."));
    });

  const redeemPoints = (/** @type {Terminal.Reward & {shown: string}} */ reward) =>
    busy(async () => {
      const outcome = await app.client.redeemReward(ref(), reward.id);
      answered(outcome, t("Redeemed: {reward}", { reward: reward.shown }));
    });

  /** @param {Terminal.Submitted} outcome */
  function queued(outcome) {
    if (outcome.kind === "accepted") return accepted(outcome.receipt, doneWords(outcome.receipt));
    if (outcome.kind === "refused") return refused(outcome.problem);
    app.feedback("good");
    const words = t("Saved on this device. It is sent as soon as you are back online.");
    return tell("warn", words, undoButton(app, { key: outcome.key }, undone));
  }

  /**
   * @param {Terminal.Outcome<Terminal.Receipt>} outcome
   * @param {string} words for what was accepted
   * @returns {void}
   */
  function answered(outcome, words) {
    now.awaitsAnswer = outcome.kind === "unknown";
    if (outcome.kind === "accepted") return accepted(outcome.answer, words);
    if (outcome.kind === "refused") return refused(outcome.problem);
    return unanswered(async () => answered(await outcome.again(), words));
  }

  /** @param {() => Promise<void>} askAgain */
  function unanswered(askAgain) {
    const again = button("refresh-cw", t("Try again"), () => busy(askAgain), {
      class: "secondary",
    });
    const words = t(
      "The connection was lost before the answer came. Try again: it is done only once.",
    );
    tell("bad", words, again);
  }

  /**
   * @param {Terminal.Receipt} receipt
   * @param {string} words
   */
  function accepted(receipt, words) {
    now.card = receipt.card;
    now.isStale = false;
    app.feedback("good");
    app.state.last = { id: receipt.transaction.id, card: receipt.card.id };
    app.store.keep("last", app.state.last);
    tell("good", words, undoButton(app, { id: receipt.transaction.id }, undone));
  }

  /** @param {Terminal.Problem} problem */
  function refused(problem) {
    app.feedback("bad");
    const moment = momentOf(problem);
    if (problem.next_stamp_at && now.card)
      now.card = { ...now.card, next_stamp_at: problem.next_stamp_at };
    const wait = moment && countdownTo(moment, app.clock.now);
    const more = (wait || lastUndo()) && h("div", { class: "actions" }, wait, lastUndo());
    tell("bad", sentenceOf(problem, app.clock.now()), more);
    if (problem.code === "staff_token_invalid") app.lock();
  }

  /** What was done to this card last can still be undone, also after a touch too many. */
  function lastUndo() {
    const { last } = app.state;
    return last && now.card?.id === last.card ? undoButton(app, { id: last.id }, undone) : null;
  }

  /**
   * @param {Terminal.Undone} outcome
   * @returns {void}
   */
  function undone(outcome) {
    now.awaitsAnswer = outcome.kind === "unknown";
    if (outcome.kind === "taken back") return tell("good", t("Undone: it had not been sent yet."));
    if (outcome.kind === "refused") return refused(outcome.problem);
    if (outcome.kind === "unknown") return unanswered(async () => undone(await outcome.again()));
    now.card = outcome.answer.card;
    app.state.last = null;
    app.store.keep("last", null);
    app.feedback("good");
    draw();
    return tell("good", t("Undone. The ledger shows both."));
  }

  /**
   * @param {Terminal.Kind} kind
   * @param {string} words
   * @param {Terminal.Child} more
   */
  function tell(kind, words, more = null) {
    const content = more && h("div", { class: "actions" }, more);
    told.replaceChildren(notice(kind, h("p", {}, words), content));
  }

  const next = button("qr-code", t("Next customer"), () => app.show("scan"), {
    class: "secondary big wide next",
  });
  app.main.append(
    h("div", { class: "card-screen" }, face, h("div", { class: "card-side" }, told, actions, next)),
  );
  draw();
  (firstButton("button:not([disabled]):not(.step)") ?? next).focus();
  const leave = (/** @type {KeyboardEvent} */ event) =>
    event.key === "Escape" && !document.querySelector("dialog[open]") && app.show("scan");
  addEventListener("keydown", leave);
  return {
    leave: () => removeEventListener("keydown", leave),
    changed: (what) => what === "line" && draw(),
    scanned: (text) => {
      app.feedback("read");
      app.show("scan");
      app.screen?.scanned?.(text);
    },
  };
}
