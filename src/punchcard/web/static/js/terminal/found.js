// What a search brings, when it is not the one card that a code names.

import { wordOf } from "./card_face.js";
import { MOST_FOUND, spaced } from "./codes.js";
import { h, icon, notice } from "./dom.js";
import { t } from "./texts.js";

const LAST_DIGITS = 3;

/**
 * The cards to choose from.
 * @param {Terminal.App} app
 * @param {Terminal.Card[]} cards
 * @param {boolean} isStale they are as this device has seen them last
 * @returns {HTMLElement[]}
 */
export function choices(app, cards, isStale) {
  const all = cards.map((card) => choice(app, card, isStale));
  return [
    h("h2", {}, t("Which card?")),
    ...(isStale ? [h("p", { class: "muted" }, t("Of the cards this device has seen."))] : []),
    h("div", { class: "choices" }, ...all),
    ...(cards.length < MOST_FOUND ? [] : [h("p", { class: "muted" }, more())]),
  ];
}

const more = () => t("There may be more. Type a longer part of the name to see fewer.");

/**
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 * @param {boolean} isStale
 */
function choice(app, card, isStale) {
  const program = app.state.shop?.programs.find((one) => one.id === card.program_id);
  const words = [wordOf(program, "name"), spaced(card.number)].filter(Boolean).join(" · ");
  const phone = card.customer?.phone;
  // Two people may bear one name: the end of their number tells them apart, all of it nobody needs.
  const end = phone && h("small", {}, t("Phone"), ` … ${phone.slice(-LAST_DIGITS)}`);
  return h(
    "button",
    {
      type: "button",
      class: "choice-card",
      onclick: () => app.show("card", { card, code: card.number, isStale }),
    },
    icon("id-card"),
    h(
      "span",
      {},
      h("b", {}, card.customer?.name ?? t("Card without a name")),
      h("small", {}, words),
      end || null,
    ),
  );
}

/**
 * Why no card is shown, and what to do instead.
 * @param {import("./finder.js").Found} found
 */
export function nothingFound({ isReplaced, isReceipt, isMistyped, isStale }) {
  if (isReceipt)
    return notice("warn", t("This is a receipt: its holder puts it on a card, with their phone."));
  if (isReplaced)
    return notice(
      "bad",
      h("p", {}, t("This card was replaced by another one and cannot be used any more.")),
      h("p", {}, t("Scan the customer's new card, or find it by their name or phone.")),
    );
  if (isMistyped)
    return notice("warn", t("A digit of this card number is wrong. Please check it."));
  if (isStale)
    return notice(
      "warn",
      t(
        "You are offline. Only cards this device has seen can be found by name, and none by phone or e-mail.",
      ),
    );
  return notice("warn", t("No card was found."));
}
