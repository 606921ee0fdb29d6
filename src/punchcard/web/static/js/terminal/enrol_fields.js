// The fields of a new customer: what is asked, what is sent, and what the server found wrong.

import { wordOf } from "./card_face.js";
import { h } from "./dom.js";
import { language, t } from "./texts.js";

/**
 * How a phone number may be typed: as one dials it here, where the shop has said where that is.
 * @param {Terminal.App} app
 */
export function phoneHint(app) {
  return app.state.shop?.country
    ? t("As one dials it here, or with the country code.")
    : t("With the country code: +352 …");
}

/**
 * Mark the fields that the server found at fault, and lead to the first of them.
 * @param {HTMLFormElement} form
 * @param {NonNullable<Terminal.Problem["errors"]>} errors
 */
export function markFields(form, errors) {
  for (const input of form.querySelectorAll("input[aria-invalid]"))
    input.removeAttribute("aria-invalid");
  for (const said of form.querySelectorAll(".field-fault")) said.remove();
  for (const { loc, message } of [...errors].reverse()) {
    const input = form.querySelector(`input[name="${loc.at(-1)}"]`);
    if (!(input instanceof HTMLInputElement)) continue;
    const said = h("small", { class: "field-fault", id: `${input.id}-fault` }, message);
    input.after(said);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-errormessage", said.id);
    input.focus({ preventScroll: true });
    input.scrollIntoView({ block: "center" });
  }
}

/**
 * What the server is asked; without a name, phone and e-mail it is nobody's card.
 * @param {HTMLFormElement} form
 * @param {Terminal.Program[]} programs
 */
export function fieldsOf(form, programs) {
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
export function programChoice(programs) {
  const options = programs.map((one) => h("option", { value: one.id }, wordOf(one, "name")));
  return h(
    "div",
    { class: "field" },
    h("label", { for: "field-program" }, t("Program")),
    h("select", { id: "field-program", name: "program" }, ...options),
  );
}

/** @param {Terminal.App} app */
export function languageField(app) {
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
export function tick(name, words, required = false) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", name, required }),
    h("span", {}, words),
  );
}

/** @param {Terminal.Program[]} programs */
export function terms(programs) {
  const all = programs.map((one) => wordOf(one, "terms_text")).filter(Boolean);
  return all.length
    ? h("details", {}, h("summary", {}, t("Terms")), ...all.map((words) => h("p", {}, words)))
    : "";
}
