// A new customer at the till: a few fields, their consent, and the card for their phone.

import { wordOf } from "./card_face.js";
import { button, field, h, icon, notice } from "./dom.js";
import { handOver } from "./hand_over.js";
import { sentenceOf } from "./refusals.js";
import { language, t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {Terminal.ScreenProps} props `contact` is the phone or e-mail nobody was found by
 * @returns {Terminal.Screen}
 */
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
    field(t("Name"), { name: "name", maxlength: 120 }),
    h(
      "div",
      { class: "row" },
      // Not an e-mail field: browsers take ASCII alone in those, the server every address there is.
      field(t("E-mail"), {
        name: "email",
        inputmode: "email",
        autocapitalize: "none",
        spellcheck: "false",
        maxlength: 254,
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
    tick("marketing_consent", t("The customer wants news and offers.")),
    tick(
      "consent",
      t("The customer agrees that the shop stores these details, and accepts the terms."),
      true,
    ),
    h("p", { class: "muted" }, t("You can leave every field empty: the card then has no name.")),
    send,
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    const outcome = await app.client.enrol(fieldsOf(form, programs));
    await finish(outcome);
  }

  /**
   * @param {Terminal.Outcome<Terminal.Card>} outcome
   * @returns {Promise<void>}
   */
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
      const id = problem.card_id;
      const open = id && button("id-card", t("Open their existing card"), () => openCard(app, id));
      return problems.replaceChildren(
        notice("bad", h("p", {}, sentenceOf(problem, app.clock.now())), open),
      );
    }
    const again = button("refresh-cw", t("Try again"), async () => finish(await outcome.again()), {
      class: "secondary",
    });
    return problems.replaceChildren(
      notice(
        "bad",
        h(
          "p",
          {},
          t("You need to be online to open a card. Try again once you are: it is done only once."),
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
      !app.line.isUp() && notice("warn", t("You need to be online to open a card.")),
      problems,
      form,
      button("arrow-left", t("Back"), () => app.show("scan"), { class: "secondary wide" }),
    ),
  );
  form.querySelector("input")?.focus();
  return {};
}

/**
 * What the server is asked; without a name, phone and e-mail it is nobody's card.
 * @param {HTMLFormElement} form
 * @param {Terminal.Program[]} programs
 */
function fieldsOf(form, programs) {
  const data = new FormData(form);
  const program_id = String(data.get("program") ?? programs[0]?.id);
  const locale = String(data.get("locale"));
  const told = ["name", "email", "phone"].flatMap((name) => {
    const value = String(data.get(name) ?? "").trim();
    return value ? [[name, value]] : [];
  });
  if (!told.length) return { program_id, locale };
  const marketing_consent = data.get("marketing_consent") === "on";
  const customer = { ...Object.fromEntries(told), locale, marketing_consent };
  return { program_id, locale, customer };
}

/** @param {Terminal.Program[]} programs */
function programChoice(programs) {
  const options = programs.map((one) => h("option", { value: one.id }, wordOf(one, "name")));
  return h(
    "div",
    { class: "field" },
    h("label", { for: "field-program" }, t("Program")),
    h("select", { id: "field-program", name: "program" }, ...options),
  );
}

/** @param {Terminal.App} app */
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

/**
 * @param {string} name
 * @param {string} words
 * @param {boolean} required
 */
function tick(name, words, required = false) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", name, required }),
    h("span", {}, words),
  );
}

/** @param {Terminal.Program[]} programs */
function terms(programs) {
  const all = programs.map((one) => wordOf(one, "terms_text")).filter(Boolean);
  return all.length
    ? h("details", {}, h("summary", {}, t("Terms")), ...all.map((words) => h("p", {}, words)))
    : "";
}

/**
 * @param {Terminal.App} app
 * @param {string} id
 */
async function openCard(app, id) {
  const card = await app.api.get(`/vendor/loyalty/cards/${id}`).catch(() => null);
  if (card) app.show("card", { card });
}
