// A card that was just opened: its page goes to the customer's phone, by a link that works once.

import { spaced } from "./codes.js";
import { button, h, icon } from "./dom.js";
import { t } from "./texts.js";

/**
 * Show the card's page as a code for the customer's phone, and as a link to send or to copy.
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 */
export function handOver(app, card) {
  const title = h("h1", { tabindex: "-1" }, t("The card is open"));
  app.main.replaceChildren(
    h(
      "div",
      { class: "narrow hand-over" },
      title,
      h("p", {}, t("The customer scans this with their phone:")),
      card.hand_over_url && codeOf(card.hand_over_url),
      h("p", { class: "number-line" }, spaced(card.number)),
      card.hand_over_url && links(app, card.hand_over_url),
      button("stamp", t("Continue with this card"), () => app.show("card", { card }), {
        class: "big wide",
      }),
      button("qr-code", t("Next customer"), () => app.show("scan"), {
        class: "secondary big wide",
      }),
    ),
  );
  title.focus();
  window.scrollTo(0, 0);
}

/** @param {string} url that leads to the card's page, once */
function codeOf(url) {
  const alt = t("QR code of the card's page");
  const ticket = url.slice(url.lastIndexOf("/") + 1);
  const src = `/terminal/hand-over/${ticket}.svg`;
  return h("div", { class: "qr-frame" }, h("img", { src, alt, width: 280, height: 280 }));
}

/**
 * @param {Terminal.App} app
 * @param {string} url that leads to the card's page, once
 */
function links(app, url) {
  const share = () => navigator.share({ url }).catch(() => {});
  const copy = button(
    "copy",
    t("Copy the link"),
    async () => {
      await navigator.clipboard.writeText(url);
      copy.replaceChildren(icon("check"), h("span", {}, t("Copied.")));
      app.tell(t("Copied."));
    },
    { class: "secondary" },
  );
  return h(
    "div",
    { class: "actions" },
    "share" in navigator && button("share", t("Share the link"), share, { class: "secondary" }),
    copy,
  );
}
