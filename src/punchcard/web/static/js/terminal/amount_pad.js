// The pad on which the amount of a purchase is typed: it counts as a card terminal does.

import { isFarMore, pasted, pressed, readings } from "./amount.js";
import { ask, button, h, icon, notice } from "./dom.js";
import { minorDigits, money } from "./format.js";
import { hearKeys, keypad } from "./keypad.js";
import { language, t } from "./texts.js";

/**
 * Ask for an amount; resolves to minor units, null when the pad was left.
 * @param {string} currency
 * @param {object} asked
 * @param {string} [asked.title]
 * @param {string} [asked.action] the word on the button
 * @param {number | null | undefined} [asked.usual] purchase; far more than that is asked about
 * @param {number} [asked.most] that it can be
 * @param {Terminal.Child[]} [asked.below] what stands below the amount
 * @param {(minor: number) => void} [asked.onTyped] hears what stands there
 * @returns {Promise<number | null>}
 */
export async function askAmount(currency, asked = {}) {
  const { title = t("Amount of the purchase"), action = t("Add the points"), usual, most } = asked;
  const digits = minorDigits(currency);
  const written = (/** @type {number} */ minor) => money(minor, currency, language());
  let typed = "";
  let finish = (/** @type {number} */ _amount) => {};
  const shown = h("output", {
    class: "amount",
    "aria-live": "polite",
    tabindex: "-1",
    autofocus: true,
  });
  const question = h("div", { class: "amount-question" });
  const go = h(
    "button",
    { type: "button", class: "big wide", onclick: () => send() },
    icon("check"),
    h("span", {}, action),
  );

  const found = () => readings(typed, digits, language());
  const amount = () => (found().length === 1 ? (found()[0] ?? 0) : 0);
  const send = () => {
    const minor = amount();
    if (go.disabled) return;
    if (!isFarMore(minor, usual, digits)) return finish(minor);
    // Enter alone must not say yes: a scanner or a hand may press it twice.
    const back = button("pencil", t("Correct the amount"), () => put(typed));
    const yes = button(
      "check",
      t("Yes, {amount}", { amount: written(minor) }),
      () => finish(minor),
      {
        class: "secondary",
      },
    );
    const words = t("{amount} is far more than usual. Is it right?", { amount: written(minor) });
    question.replaceChildren(
      notice("warn", h("p", {}, words), h("div", { class: "actions" }, back, yes)),
    );
    pad.hidden = go.hidden = true;
    back.focus();
  };
  const press = (/** @type {string} */ key) => {
    if (pad.hidden) return;
    if (key === "Enter") return send();
    return put(pressed(typed, key, digits, language()));
  };
  const paste = (/** @type {ClipboardEvent} */ event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    const next = pasted(text, currency, digits, language());
    event.preventDefault();
    if (next && !pad.hidden) put(next);
  };
  const put = (/** @type {string} */ next) => {
    typed = next;
    pad.hidden = go.hidden = false;
    draw();
  };
  const draw = () => {
    const minor = amount();
    shown.textContent = typed && !minor ? typed : written(minor);
    asked.onTyped?.(minor);
    const [larger, smaller] = found();
    question.replaceChildren(
      smaller === undefined
        ? ""
        : notice(
            "warn",
            t("{larger} or {smaller}?", {
              larger: written(larger ?? 0),
              smaller: written(smaller),
            }),
          ),
    );
    const isTooMuch = most !== undefined && minor > most;
    if (isTooMuch)
      question.replaceChildren(notice("warn", t("At most {amount}.", { amount: written(most) })));
    go.disabled = !minor || isTooMuch;
  };
  const pad = keypad({ onKey: press });
  const stop = hearKeys(press);
  addEventListener("paste", paste);
  const answer = ask(
    title,
    (close) => {
      finish = close;
      return [shown, ...(asked.below ?? []), question, pad, go];
    },
    t("Close"),
    "pad",
  );
  draw();
  const minor = await answer;
  stop();
  removeEventListener("paste", paste);
  return minor;
}
