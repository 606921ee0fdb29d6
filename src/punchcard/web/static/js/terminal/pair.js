// Pairing: the code from the console, by its QR or by hand, and a name for this device.

import { Refusal } from "./api.js";
import { button, field, h, icon, notice, tellHere } from "./dom.js";
import { languageChoice } from "./options.js";
import { sentenceOfError } from "./refusals.js";
import { pairingCode } from "./scanned.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @returns {Terminal.Screen}
 */
export function showPair(app) {
  const { device, book } = app.state;
  const code = takeCode();
  const problems = h("div", { class: "problems" });
  const codeField = field(
    t("Pairing code"),
    {
      name: "code",
      value: code,
      required: true,
      maxlength: 20,
      autocapitalize: "characters",
      spellcheck: "false",
      class: "code",
    },
    t("A manager finds it in the console, under Terminals."),
  );
  const nameField = field(t("Name of this device"), {
    name: "name",
    value: device?.name ?? t("Till"),
    required: true,
    maxlength: 100,
  });
  const press = h(
    "button",
    { class: "big wide", type: "submit" },
    icon("tablet-smartphone"),
    h("span", {}, t("Pair this device")),
  );
  const form = h(
    "form",
    { class: "panel", onsubmit: submit },
    codeField,
    nameField,
    problems,
    press,
  );

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const [typed, name] = [...form.querySelectorAll("input")].map((input) => input.value.trim());
    press.disabled = true;
    problems.replaceChildren();
    const show = app.showFromHere();
    try {
      await app.client.pair(typed, name);
      // The shift where somebody has a PIN, else what can be done without one.
      show("scan");
    } catch (error) {
      tellHere(problems, notice("bad", sentenceOfError(error, app.clock.now())));
      if (error instanceof Refusal) form.querySelector("input")?.select();
      press.disabled = false;
    }
  }

  app.main.append(
    h(
      "div",
      { class: "narrow" },
      h("h1", {}, t("Set up this terminal")),
      device?.is_revoked && revokedNotice(app, book),
      h(
        "p",
        { class: "muted" },
        t("Pair it with your shop once. After that it opens by itself, even offline."),
      ),
      form,
      languageChoice(app, "pair"),
    ),
  );
  (code ? press : form.querySelector("input"))?.focus();
  return {
    scanned(text) {
      const input = form.querySelector("input");
      if (input) input.value = pairingCode(text) ?? text.slice(0, 20);
      app.feedback("read");
      press.focus();
    },
  };
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Book} book
 */
function revokedNotice(app, book) {
  const waits = book.queue.length;
  return notice(
    "bad",
    h(
      "p",
      {},
      t("This device is no longer paired: the shop has removed it, or it was set up again."),
    ),
    waits > 0 &&
      h(
        "p",
        {},
        t(
          "Still waiting here, not lost: {n}. Pair this device with the same shop again to send them.",
          {
            n: waits,
          },
        ),
      ),
    waits > 0 &&
      button("receipt", t("Show what is waiting"), () => app.show("waiting"), {
        class: "secondary",
      }),
  );
}

/** The code in the address; it works once, so it is not left standing there. */
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("pair") ?? "";
  if (code) history.replaceState(history.state, "", location.pathname);
  return code.slice(0, 20);
}
