// Finding the card: by camera, hand scanner, number, name, phone or e-mail.

import { Refusal } from "./api.js";
import { createCamera } from "./camera.js";
import { button, h, icon, intoSight, notice, tellHere } from "./dom.js";
import { choices, nothingFound } from "./found.js";
import { sentenceOfError } from "./refusals.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @returns {Terminal.Screen}
 */
export function showScan(app) {
  let isGone = false;
  let isBusy = false;
  const found = h("div", { class: "found", "aria-live": "polite" });
  const input = h("input", {
    id: "code",
    type: "text",
    maxlength: 300,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "search",
  });
  const search = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    look(input.value);
  };
  const form = h(
    "form",
    { class: "search", onsubmit: search },
    h("label", { for: "code" }, t("Name, card number, phone or e-mail")),
    h(
      "div",
      { class: "search-row" },
      input,
      h("button", { type: "submit", "aria-label": t("Find the card") }, icon("search")),
    ),
  );

  /**
   * @param {string} text
   * @param {string[]} others what a scanner may have meant instead
   */
  async function look(text, others = []) {
    if (isBusy || !text.trim()) return;
    isBusy = true;
    enrol.hidden = false;
    found.replaceChildren(h("p", { class: "muted", "aria-busy": "true" }, t("Searching…")));
    try {
      const result = await app.client.find(text, others);
      if (!isGone) show(result, text);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        await app.revoked();
        return;
      }
      if (!isGone) tellHere(found, notice("bad", sentenceOfError(error, app.clock.now())));
      app.feedback("bad");
    } finally {
      isBusy = false;
    }
  }

  /**
   * Open the one card there is, or say in its stead what was found.
   * @param {Awaited<ReturnType<typeof app.client.find>>} result
   * @param {string} text as scanned or typed
   */
  function show(result, text) {
    const { cards, isStale, isUnknown, isSearch, read } = result;
    if ((cards.length === 1 && !isSearch) || isUnknown)
      return app.show("card", { card: cards[0] ?? null, code: read.code, isStale });
    if (cards.length) {
      found.replaceChildren(...choices(app, cards, isStale));
      return intoSight(found.querySelector("button"));
    }
    app.feedback("bad");
    // Whose card was named is a customer already, and a receipt opens a card by itself.
    enrol.hidden = result.isReplaced || result.isMistyped || result.isReceipt;
    const contact = read.kind === "contact" ? text.trim() : "";
    const name = read.kind === "words" ? text.trim() : "";
    const more = !isStale && !enrol.hidden;
    tellHere(
      found,
      nothingFound(result),
      more &&
        button("user-plus", t("New customer"), () => app.show("enrol", { contact, name }), {
          class: "secondary",
        }),
    );
    if (result.isMistyped) input.select();
  }

  const camera = createCamera(
    app,
    (code) => {
      app.feedback("read");
      look(code);
    },
    (words) => tellHere(found, notice("warn", words)),
  );
  const hint = h("span", {}, t("A hand scanner works anywhere: just scan."));
  const enrol = button("user-plus", t("New customer"), () => app.show("enrol"), {
    class: "secondary wide",
  });
  app.main.append(
    h("h1", { class: "visually-hidden" }, t("Find a card")),
    h(
      "div",
      { class: "scan" },
      h(
        "div",
        { class: "scan-main" },
        camera.view,
        camera.start,
        h("p", { class: "muted hint" }, icon("keyboard"), hint),
      ),
      h("div", { class: "scan-side" }, form, found, enrol),
    ),
  );
  if (!app.state.settings.camera) camera.start.focus();
  return {
    scanned(code, others) {
      app.feedback("read");
      return look(code, others);
    },
    leave() {
      isGone = true;
      camera.leave();
    },
  };
}
