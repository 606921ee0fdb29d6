// The strip above every screen: where we are, who stands there, whether the line is up, what waits.

import { h, icon, iconButton } from "./dom.js";
import { unseen } from "./queue.js";
import { stateOf } from "./shift_rules.js";
import { t } from "./texts.js";

/** @param {Terminal.App} app */
export function createBar(app) {
  const element = h("header", { class: "bar" });
  return {
    element,
    draw: () => element.replaceChildren(place(app), h("div", { class: "bar-end" }, ...chips(app))),
  };
}

/** @param {Terminal.App} app */
function place(app) {
  const { shop, device, shift } = app.state;
  const words = device && shop ? shop.location : "Punchcard";
  const isManned = shift && stateOf(shift, app.clock.now()) === "open";
  return h(
    "button",
    {
      type: "button",
      class: isManned ? "place manned" : "place",
      onclick: () => app.show("scan"),
      title: t("Back to the scanner"),
    },
    icon("mark"),
    h("span", {}, words),
  );
}

/** @param {Terminal.App} app */
function chips(app) {
  const { shift, book, device } = app.state;
  const all = [lineChip(app, book)];
  if (device && shift && stateOf(shift, app.clock.now()) === "open") {
    const label = t("Lock, or let someone else take over");
    const chip = {
      type: "button",
      class: "chip who",
      onclick: app.lock,
      title: label,
      "aria-label": `${shift.name}: ${label}`,
    };
    all.push(h("button", chip, icon("lock"), h("span", {}, shift.name)));
  }
  all.push(iconButton("settings", t("Options"), () => app.show("options")));
  return all;
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Book} book
 */
function lineChip(app, book) {
  const waits = book.queue.length;
  const refused = unseen(book);
  const isUp = app.line.isUp();
  const words = [isUp ? t("Online") : t("Offline")];
  if (waits) words.push(t("waiting: {n}", { n: waits }));
  if (refused) words.push(t("refused: {n}", { n: refused }));
  const kind = refused ? "bad" : waits || !isUp ? "warn" : "good";
  const attributes = {
    type: "button",
    class: `chip line ${kind}`,
    onclick: () => app.show("waiting"),
    title: t("Show what is waiting"),
  };
  const short =
    waits || refused ? h("b", { "aria-hidden": "true" }, String(waits + refused)) : null;
  return h(
    "button",
    attributes,
    icon(isUp ? "wifi" : "wifi-off"),
    h("span", { class: "line-words" }, words.join(", ")),
    short,
  );
}
