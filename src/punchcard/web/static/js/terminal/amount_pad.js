// The pad on which the amount of a purchase is typed: it counts as a card terminal does.

import { isFarMore, pasted, pointsFor, pressed, readings } from "./amount.js";
import { ask, button, h, icon, notice } from "./dom.js";
import { minorDigits, money, number } from "./format.js";
import { hearKeys, keypad } from "./keypad.js";
import { language, t } from "./texts.js";

/**
 * Ask for an amount; resolves to minor units, null when the pad was left.
 * @param {string} currency
 * @param {Terminal.Program | undefined} program of the card, if it is known
 * @returns {Promise<number | null>}
 */
export async function askAmount(currency, program) {
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
  const points = h("p", { class: "muted points-of" });
  const question = h("div", { class: "amount-question" });
  const go = h(
    "button",
    { type: "button", class: "big wide", onclick: () => send() },
    icon("check"),
    h("span", {}, t("Add the points")),
  );

  const found = () => readings(typed, digits, language());
  const amount = () => (found().length === 1 ? (found()[0] ?? 0) : 0);
  const send = () => {
    const minor = amount();
    if (!minor) return;
    if (!isFarMore(minor, program?.usual_purchase_minor, digits)) return finish(minor);
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
    points.textContent = program
      ? t("Points: about {n}", { n: number(pointsFor(minor, program, digits), language()) })
      : "";
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
    go.disabled = !minor;
  };
  const pad = keypad({ onKey: press });
  const stop = hearKeys(press);
  addEventListener("paste", paste);
  const answer = ask(
    t("Amount of the purchase"),
    (close) => {
      finish = close;
      return [shown, points, question, pad, go];
    },
    t("Close"),
    "pad",
  );
  draw();
  const asked = await answer;
  stop();
  removeEventListener("paste", paste);
  return asked;
}
