// A new customer at the till: a few fields, their consent, and the card for their phone.

import { button, field, h, icon, notice, tellHere } from "./dom.js";
import {
  fieldsOf,
  languageField,
  markFields,
  phoneHint,
  programChoice,
  terms,
  tick,
} from "./enrol_fields.js";
import { handOver } from "./hand_over.js";
import { sentenceOf } from "./refusals.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {Terminal.ScreenProps} props `contact` is the phone or e-mail, `name` the words nobody
 *   was found by
 * @returns {Terminal.Screen}
 */
export function showEnrol(app, { contact = "", name = "" } = {}) {
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
    field(t("Name"), { name: "name", maxlength: 120, value: name || null }),
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
        phoneHint(app),
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
    problems,
    send,
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    problems.replaceChildren();
    markFields(form, []);
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
      // Whoever went on before the answer came finds the card by its name.
      if (form.isConnected) handOver(app, outcome.answer);
      return undefined;
    }
    app.feedback("bad");
    if (outcome.kind === "refused") {
      const { problem } = outcome;
      const id = problem.card_id;
      const open = id && button("id-card", t("Open their existing card"), () => openCard(app, id));
      tellHere(problems, notice("bad", h("p", {}, sentenceOf(problem, app.clock.now())), open));
      markFields(form, problem.errors ?? []);
      if (problem.code === "staff_token_invalid") app.lock();
      return undefined;
    }
    const again = button("refresh-cw", t("Try again"), async () => finish(await outcome.again()), {
      class: "secondary",
    });
    const words = t(
      "You need to be online to open a card. Try again once you are: it is done only once.",
    );
    return tellHere(problems, notice("bad", h("p", {}, words), again));
  }

  app.main.append(
    h(
      "div",
      { class: "narrow" },
      h("h1", {}, t("New customer")),
      !app.line.isUp() && notice("warn", t("You need to be online to open a card.")),
      form,
      button("arrow-left", t("Back"), () => app.show("scan"), { class: "secondary wide" }),
    ),
  );
  form.querySelector("input")?.focus();
  return {
    // A device that starts for the first time may not know its programs yet.
    changed: (what) => what === "shop" && !programs.length && app.show("enrol", { contact, name }),
    scanned(code, others) {
      if (!form.isConnected) {
        app.show("scan");
        return app.screen?.scanned?.(code, others);
      }
      app.feedback("bad");
      const words = t("A card was scanned. Finish here or go back first, then scan it again.");
      return tellHere(problems, notice("warn", words));
    },
  };
}

/**
 * @param {Terminal.App} app
 * @param {string} id
 */
async function openCard(app, id) {
  const show = app.showFromHere();
  const card = await app.api.get(`/vendor/loyalty/cards/${id}`).catch(() => null);
  if (card) show("card", { card });
}
