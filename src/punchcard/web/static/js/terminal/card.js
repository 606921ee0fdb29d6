// One card: what is on it, what can be done with it in one touch, and what became of that.

import { askedAgain, cardActions } from "./card_actions.js";
import { cardDeeds } from "./card_deeds.js";
import { cardFace } from "./card_face.js";
import { createCardState } from "./card_state.js";
import { button, h, keepFocus, notice } from "./dom.js";
import { doneWords } from "./done_words.js";
import { keyOf, seen } from "./queue.js";
import { countdownTo, momentOf, sentenceOf } from "./refusals.js";
import { t } from "./texts.js";
import { reachedWords } from "./tier_face.js";
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
  const state = createCardState(app, { card, code, isStale });
  const { now, show } = state;
  let isGone = false;
  /** What was queued last, until it is known what became of it. @type {string | null} */
  let awaited = null;
  /** The card before what was asked last; null where that is not known. @type {Terminal.Card | null} */
  let before = null;

  function draw() {
    state.lookAgain();
    face.replaceChildren(cardFace(app, now.coming, { code, isStale: now.isStale }));
    keepFocus(actions, () => actions.replaceChildren(...cardActions(app, now, { draw, ...deeds })));
    for (const one of actions.querySelectorAll("button")) one.disabled ||= now.isBusy;
  }

  /** @param {() => Promise<void>} work */
  async function busy(work) {
    if (now.isBusy) return;
    now.isBusy = true;
    before = now.isStale ? null : now.card;
    draw();
    try {
      await work();
    } finally {
      now.isBusy = false;
      if (awaited) settle();
      draw();
      (firstButton("button:not([disabled]):not(.step)") ?? next).focus();
      showTold();
    }
  }

  /** What became of it is seen, also by who pressed a button far down the screen of a phone. */
  const showTold = () => told.scrollIntoView({ block: "nearest" });

  /** @param {string} selector */
  const firstButton = (selector) =>
    /** @type {HTMLButtonElement | null} */ (actions.querySelector(selector));

  /** @param {Terminal.Submitted} outcome */
  function queued(outcome) {
    if (outcome.kind === "accepted") return accepted(outcome.receipt, doneWords(outcome.receipt));
    if (outcome.kind === "refused") return refusedKept(outcome.key, outcome.problem);
    awaited = outcome.key;
    app.feedback("good");
    const words = t("Saved on this device. It is sent as soon as you are back online.");
    return tell("warn", words, undoButton(app, { key: outcome.key }, undone));
  }

  /**
   * @param {Terminal.Outcome<Terminal.Receipt>} outcome
   * @param {Terminal.Words} words for what was accepted
   * @returns {void}
   */
  function answered(outcome, words) {
    now.awaitsAnswer = outcome.kind === "unknown";
    if (outcome.kind === "accepted")
      return accepted(outcome.answer, typeof words === "string" ? words : words(outcome.answer));
    if (outcome.kind === "refused") return refused(outcome.problem);
    return unanswered(async () => answered(await outcome.again(), words));
  }

  /** @param {() => Promise<void>} askAgain */
  const unanswered = (askAgain) => tell("bad", ...askedAgain(() => busy(askAgain)));

  /**
   * @param {Terminal.Receipt} receipt
   * @param {string} words
   */
  function accepted(receipt, words) {
    const reached = reachedWords(now.program, before, receipt.card);
    show(receipt.card);
    app.feedback("good");
    const { id, type } = receipt.transaction;
    // A refund stands, and so does what is left of its purchase.
    app.state.last = type === "points_refunded" ? null : { id, card: receipt.card.id };
    app.store.keep("last", app.state.last);
    tell("good", [words, reached].filter(Boolean).join(" "), lastUndo());
  }

  /** @param {Terminal.Problem} problem */
  function refused(problem) {
    app.feedback("bad");
    const moment = momentOf(problem);
    if (problem.next_stamp_at && now.card)
      show({ ...now.card, next_stamp_at: problem.next_stamp_at }, now.isStale);
    const wait = moment && countdownTo(moment, app.clock.now);
    const more = (wait || lastUndo()) && h("div", { class: "actions" }, wait, lastUndo());
    tell("bad", sentenceOf(problem, app.clock.now()), more);
    if (problem.code === "staff_token_invalid") app.lock();
  }

  /**
   * @param {string} key of what is in the book
   * @param {Terminal.Problem} problem
   */
  function refusedKept(key, problem) {
    refused(problem);
    // Nobody has read it who went on before, or is asked for a PIN: it stays among what was refused.
    if (!isGone) app.client.setBook((book) => seen(book, key));
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
    show(outcome.answer.card);
    app.state.last = null;
    app.store.keep("last", null);
    app.feedback("good");
    draw();
    tell("good", t("Undone. The ledger shows both."));
    return showTold();
  }

  /** Say what became of what was queued here, now that the server has answered. */
  function settle() {
    const done = app.state.book.done.find((entry) => keyOf(entry) === awaited);
    if (!done || now.isBusy) return;
    awaited = null;
    if (done.receipt) accepted(done.receipt, doneWords(done.receipt));
    else refusedKept(keyOf(done), done.problem ?? {});
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

  const deeds = cardDeeds(app, state, { busy, queued, answered, refused });
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
    leave: () => {
      isGone = true;
      removeEventListener("keydown", leave);
    },
    changed: (what) => {
      if (what === "book" && awaited) settle();
      else if (what === "book") state.hear();
      if ((what === "line" || what === "book") && !now.isBusy) draw();
    },
  };
}
