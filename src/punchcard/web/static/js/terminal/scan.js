// Finding the card: by camera, hand scanner, number, phone or e-mail.

import { Refusal } from "./api.js";
import { createCamera } from "./camera.js";
import { spaced } from "./codes.js";
import { button, h, icon, notice } from "./dom.js";
import { sentenceOfError } from "./refusals.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @returns {Terminal.Screen}
 */
export function showScan(app) {
  let isGone = false;
  let isBusy = false;
  const found = h("div", { class: "found" });
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
    h("label", { for: "code" }, t("Card number, phone or e-mail")),
    h(
      "div",
      { class: "search-row" },
      input,
      h("button", { type: "submit", "aria-label": t("Find the card") }, icon("search")),
    ),
  );

  /** @param {string} text */
  async function look(text) {
    if (isBusy || !text.trim()) return;
    isBusy = true;
    found.replaceChildren(h("p", { class: "muted", "aria-busy": "true" }, t("Searching…")));
    try {
      const result = await app.client.find(text);
      if (!isGone) found.replaceChildren(...show(result, text));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        await app.revoked();
        return;
      }
      if (!isGone) found.replaceChildren(notice("bad", sentenceOfError(error, app.clock.now())));
      app.feedback("bad");
    } finally {
      isBusy = false;
    }
  }

  /**
   * Show the one card there is, or return what to show in its stead.
   * @param {Awaited<ReturnType<typeof app.client.find>>} result
   * @param {string} text as scanned or typed
   * @returns {HTMLElement[]}
   */
  function show({ cards, isStale, isUnknown, read }, text) {
    if (cards.length === 1 || isUnknown) {
      app.show("card", { card: cards[0] ?? null, code: read.code, isStale });
      return [];
    }
    if (cards.length) {
      const choices = cards.map((card) => choice(app, card));
      return [h("h2", {}, t("Which card?")), h("div", { class: "choices" }, ...choices)];
    }
    app.feedback("bad");
    if (isStale) {
      const words = t(
        "You are offline. Cards can be found by code or number, but not by phone, e-mail or name.",
      );
      return [notice("warn", words)];
    }
    const contact = read.kind === "contact" ? text.trim() : "";
    const enrol = () => app.show("enrol", { contact });
    return [
      notice("warn", t("No card was found.")),
      button("user-plus", t("New customer"), enrol, { class: "secondary" }),
    ];
  }

  const camera = createCamera(
    app,
    (code) => {
      app.feedback("read");
      look(code);
    },
    (words) => found.replaceChildren(notice("warn", words)),
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
    scanned: look,
    leave() {
      isGone = true;
      camera.leave();
    },
  };
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Card} card
 */
function choice(app, card) {
  const program = app.state.shop?.programs.find((one) => one.id === card.program_id);
  const words = [program?.name, spaced(card.number)].filter(Boolean).join(" · ");
  return h(
    "button",
    { type: "button", class: "choice-card", onclick: () => app.show("card", { card }) },
    icon("id-card"),
    h(
      "span",
      {},
      h("b", {}, card.customer?.name ?? t("Card without a name")),
      h("small", {}, words),
    ),
  );
}
