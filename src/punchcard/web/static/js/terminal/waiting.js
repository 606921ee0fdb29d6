// What waits on this device, and what became of the rest.

import { spaced } from "./codes.js";
import { button, h, icon, notice } from "./dom.js";
import { clockTime, money } from "./format.js";
import { lacksProof } from "./proofs.js";
import { keyOf, seen, unseen } from "./queue.js";
import { sentenceOf } from "./refusals.js";
import { stateOf } from "./shift_rules.js";
import { count, language, t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @returns {Terminal.Screen}
 */
export function showWaiting(app) {
  const body = h("div", { class: "narrow waiting" });
  app.main.append(body);
  const draw = () => body.replaceChildren(...content(app).filter((one) => one instanceof Node));
  draw();
  return {
    changed: draw,
    leave: () => unseen(app.state.book) && app.client.setBook((book) => seen(book)),
  };
}

/** @param {Terminal.App} app */
function content(app) {
  const { book, device } = app.state;
  const own = book.queue.filter((entry) => entry.vendor_id === device?.vendor_id);
  const others = book.queue.length - own.length;
  return [
    h("h1", {}, t("Waiting on this device")),
    device?.is_revoked &&
      notice(
        "bad",
        t("This device is no longer paired: the shop has removed it, or it was set up again."),
      ),
    !app.line.isUp() &&
      notice(
        "warn",
        t(
          "You are offline. Everything is saved here and sent automatically once you are back online.",
        ),
      ),
    others > 0 &&
      notice(
        "warn",
        t("Not sent, from a shop this device was paired with before: {n}. Save them as a file.", {
          n: others,
        }),
      ),
    book.queue.length
      ? h("ol", { class: "entries" }, ...book.queue.map((entry) => row(app, entry)))
      : h("p", { class: "empty" }, icon("check"), h("span", {}, t("Nothing is waiting."))),
    h(
      "div",
      { class: "actions" },
      own.length > 0 &&
        !device?.is_revoked &&
        button("refresh-cw", t("Send now"), () => app.replay.now()),
      book.queue.length + book.done.length > 0 &&
        button("download", t("Save as a file"), () => save(app), { class: "secondary" }),
      button("arrow-left", t("Back"), () => app.show("scan"), { class: "secondary" }),
    ),
    book.done.length > 0 && h("h2", {}, t("Recent operations")),
    book.done.length > 0 &&
      h("ol", { class: "entries" }, ...book.done.map((entry) => row(app, entry))),
  ];
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Entry} entry
 */
function row(app, entry) {
  const { label, body } = entry;
  const purchase = t("Purchase: {amount}", {
    amount: money(body.amount_minor ?? 0, label.currency ?? "EUR", language()),
  });
  const stamps = t("Stamps: {n}", { n: body.quantity ?? body.stamps ?? 1 });
  const what = { stamp: stamps, visit: `${purchase} · ${stamps}` }[body.op] ?? purchase;
  const card =
    label.name ?? (/^[0-9]{12}$/.test(label.number) ? spaced(label.number) : t("Scanned card"));
  const when = clockTime(body.occurred_at, language(), app.clock.now());
  return h(
    "li",
    { class: entry.status ?? "waits" },
    h("div", {}, h("b", {}, what), " ", badge(entry)),
    h("small", {}, [card, label.program, entry.staff_name, when].filter(Boolean).join(" · ")),
    entry.problem && h("p", { class: "why" }, sentenceOf(entry.problem, app.clock.now())),
    entry.receipt && !entry.is_taken_back && h("small", {}, after(entry.receipt)),
    again(app, entry),
  );
}

/** @param {Terminal.Entry} entry */
function badge(entry) {
  if (entry.is_taken_back) return h("span", { class: "badge" }, t("taken back"));
  if (entry.status === "accepted") return h("span", { class: "badge good" }, t("accepted"));
  if (entry.status === "refused") return h("span", { class: "badge bad" }, t("refused"));
  if (entry.unproved_by) return h("span", { class: "badge warn" }, t("waits for the PIN"));
  return h("span", { class: "badge warn" }, t("waiting"));
}

/** @param {Terminal.Receipt} receipt */
function after({ card, transaction }) {
  const words = [spaced(card.number)];
  if (transaction.stamps_delta)
    words.push(t("{n} of {target} stamps", { n: card.stamps, target: card.stamps_target }));
  if (transaction.points_delta) words.push(count(card.points, t("{n} point"), t("{n} points")));
  return words.join(" · ");
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Entry} entry
 */
function again(app, entry) {
  const { shift } = app.state;
  if (!shift || shift.is_unproved || stateOf(shift, app.clock.now()) !== "open") return null;
  if (!lacksProof(entry)) return null;
  const send = async () => {
    await app.client.vouch(keyOf(entry));
    await app.replay.now();
  };
  const words = entry.status
    ? t("Send again as {name}", { name: shift.name })
    : t("Send as {name}", { name: shift.name });
  return button("refresh-cw", words, send, {
    class: "secondary",
  });
}

/**
 * Everything as a file, without the proofs: for a shop whose device cannot send it any more.
 * @param {Terminal.App} app
 */
function save(app) {
  const plain = (/** @type {Terminal.Entry} */ entry) => ({
    ...entry,
    body: { ...entry.body, staff_token: undefined },
  });
  const { queue, done } = app.state.book;
  const device = { id: app.state.device?.id, name: app.state.device?.name };
  const text = JSON.stringify(
    { device, waiting: queue.map(plain), results: done.map(plain) },
    null,
    2,
  );
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: address, download: "punchcard-terminal.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
