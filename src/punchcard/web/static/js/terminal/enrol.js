// A new customer at the till: a few fields, their consent, and the card for their phone.

import { spaced } from "./codes.js";
import { button, field, h, icon, notice } from "./dom.js";
import { wordOf } from "./card_face.js";
import { tokenIn } from "./known.js";
import { sentenceOf } from "./refusals.js";
import { language, t } from "./texts.js";

export function showEnrol(app, { contact = "" } = {}) {
  const programs = app.state.shop?.programs ?? [];
  const problems = h("div", { class: "problems" });
  const isMail = contact.includes("@");
  const send = h(
    "button",
    { type: "submit", class: "big wide" },
    icon("user-plus"),
    h("span", {}, t("Open the card")),
  );
  const form = h(
    "form",
    { class: "panel enrol", onsubmit: submit },
    programs.length > 1 && programChoice(programs),
    field(t("Name"), { name: "name", maxlength: 200 }),
    h(
      "div",
      { class: "row" },
      field(t("E-mail"), {
        name: "email",
        type: "email",
        maxlength: 200,
        value: isMail ? contact : null,
      }),
      field(
        t("Phone"),
        { name: "phone", type: "tel", maxlength: 40, value: isMail ? null : contact || null },
        t("With the country code: +352 …"),
      ),
    ),
    languageField(app),
    terms(programs),
    tick("marketing_consent", t("The customer wants to hear about offers.")),
    tick(
      "consent",
      t("The customer agrees that the shop keeps this, and accepts the terms."),
      true,
    ),
    h("p", { class: "muted" }, t("All fields may stay empty: then it is a card without a name.")),
    send,
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    const outcome = await app.desk.enrol(fieldsOf(form, programs));
    await finish(outcome);
  }

  async function finish(outcome) {
    // While it is not known whether the card is open, only the same question may be asked again.
    send.disabled = outcome.kind === "unknown";
    if (outcome.kind === "accepted") {
      app.feedback("good");
      return handOver(app, outcome.answer);
    }
    app.feedback("bad");
    if (outcome.kind === "refused") {
      const { problem } = outcome;
      const open =
        problem.card_id &&
        button("id-card", t("Open the card they have"), () => openCard(app, problem.card_id));
      return problems.replaceChildren(
        notice("bad", h("p", {}, sentenceOf(problem, app.clock.now())), open),
      );
    }
    const again = button("refresh-cw", t("Ask again"), async () => finish(await outcome.again()), {
      class: "secondary",
    });
    return problems.replaceChildren(
      notice(
        "bad",
        h(
          "p",
          {},
          t("Opening a card needs the line. Ask again when it is back: it is done only once."),
        ),
        again,
      ),
    );
  }

  app.main.append(
    h(
      "div",
      { class: "narrow" },
      h("h1", {}, t("New customer")),
      !app.line.isUp() && notice("warn", t("Opening a card needs the line.")),
      problems,
      form,
      button("arrow-left", t("Back"), () => app.show("scan"), { class: "secondary wide" }),
    ),
  );
  form.querySelector("input")?.focus();
  return {};
}

function fieldsOf(form, programs) {
  const data = new FormData(form);
  const told = ["name", "email", "phone"].map((name) => [
    name,
    String(data.get(name) ?? "").trim(),
  ]);
  const customer = Object.fromEntries(told.filter(([, value]) => value));
  customer.locale = String(data.get("locale"));
  customer.marketing_consent = data.get("marketing_consent") === "on";
  const isSomebody = Object.keys(customer).length > 2;
  const program_id = String(data.get("program") ?? programs[0]?.id);
  return { program_id, locale: customer.locale, ...(isSomebody ? { customer } : {}) };
}

function programChoice(programs) {
  const options = programs.map((one) => h("option", { value: one.id }, wordOf(one, "name")));
  return h(
    "div",
    { class: "field" },
    h("label", { for: "field-program" }, t("Program")),
    h("select", { id: "field-program", name: "program" }, ...options),
  );
}

function languageField(app) {
  const options = Object.entries(app.facts.languages).map(([code, name]) =>
    h("option", { value: code, lang: code, selected: code === language() }, name),
  );
  return h(
    "div",
    { class: "field" },
    h("label", { for: "field-locale" }, t("Language of the customer")),
    h("select", { id: "field-locale", name: "locale" }, ...options),
  );
}

function tick(name, words, required = false) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", name, required }),
    h("span", {}, words),
  );
}

function terms(programs) {
  const all = programs.map((one) => wordOf(one, "terms_text")).filter(Boolean);
  return all.length
    ? h("details", {}, h("summary", {}, t("Terms")), ...all.map((words) => h("p", {}, words)))
    : "";
}

async function openCard(app, id) {
  const card = await app.api.get(`/vendor/loyalty/cards/${id}`).catch(() => null);
  if (card) app.show("card", { card });
}

/** The card is open: its page goes to the customer's phone by a code on the screen, or by a message. */
function handOver(app, card) {
  const share = async () => navigator.share({ url: card.public_url }).catch(() => {});
  const copy = button(
    "copy",
    t("Copy the link"),
    async (event) => {
      await navigator.clipboard.writeText(card.public_url);
      event.currentTarget?.classList.add("done");
      app.tell(t("Copied."));
    },
    { class: "secondary" },
  );
  app.main.replaceChildren(
    h(
      "div",
      { class: "narrow hand-over" },
      h("h1", { tabindex: "-1" }, t("The card is open")),
      h("p", {}, t("The customer scans this with their phone:")),
      card.public_url &&
        h(
          "div",
          { class: "qr-frame" },
          h("img", {
            src: `/terminal/cards/${tokenIn(card.public_url)}.svg`,
            alt: t("QR code of the card's page"),
            width: 280,
            height: 280,
          }),
        ),
      h("p", { class: "number-line" }, spaced(card.number)),
      card.public_url &&
        h(
          "div",
          { class: "actions" },
          "share" in navigator &&
            button("share", t("Share the link"), share, { class: "secondary" }),
          copy,
        ),
      button("stamp", t("Go on with this card"), () => app.show("card", { card }), {
        class: "big wide",
      }),
      button("qr-code", t("Next customer"), () => app.show("scan"), {
        class: "secondary big wide",
      }),
    ),
  );
  app.main.querySelector("h1").focus();
  window.scrollTo(0, 0);
}
