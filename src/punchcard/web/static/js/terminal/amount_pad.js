// The pad on which the amount of a purchase is typed.

import { minorDigits, pressed, toMinor } from "./amount.js";
import { ask, h, icon } from "./dom.js";
import { localeOf, money, number } from "./format.js";
import { hearKeys, keypad } from "./keypad.js";
import { language, t } from "./texts.js";

/**
 * Ask for an amount; resolves to minor units, null when the pad was left.
 * @param {string} currency
 * @param {number | undefined} rate points for one whole unit of the currency, if the program is known
 * @returns {Promise<number | null>}
 */
export async function askAmount(currency, rate) {
  const digits = minorDigits(currency);
  let typed = "";
  let finish = (/** @type {number} */ _amount) => {};
  const shown = h("output", {
    class: "amount",
    "aria-live": "polite",
    tabindex: "-1",
    autofocus: true,
  });
  const points = h("p", { class: "muted points-of" });
  const go = h(
    "button",
    { type: "button", class: "big wide", onclick: () => send() },
    icon("check"),
    h("span", {}, t("Add the points")),
  );

  const send = () => {
    const minor = toMinor(typed, digits);
    if (minor) finish(minor);
  };
  const press = (/** @type {string} */ key) => {
    if (key === "Enter") return send();
    typed = pressed(typed, key, digits);
    return draw();
  };
  const draw = () => {
    const minor = toMinor(typed, digits);
    shown.textContent = written(typed, currency);
    // The card keeps what rounding leaves over, so the receipt may say one more.
    const earned = minor && rate ? Math.floor((minor * rate) / 10 ** digits) : 0;
    points.textContent = rate ? t("Points: about {n}", { n: number(earned, language()) }) : "";
    go.disabled = !minor;
  };
  const stop = hearKeys(press);
  const answer = ask(
    t("Amount of the purchase"),
    (close) => {
      finish = close;
      return [shown, points, keypad({ onKey: press, corner: digits ? "," : "" }), go];
    },
    t("Close"),
    "pad",
  );
  draw();
  const amount = await answer;
  stop();
  return amount;
}

/**
 * What is typed, as the language writes the currency around it.
 * @param {string} typed
 * @param {string} currency
 */
function written(typed, currency) {
  const format = new Intl.NumberFormat(localeOf(language()), { style: "currency", currency });
  const point = format.formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";
  const [whole, part] = (typed || "0").split(",");
  const around = money(0, currency, language()).split(/[0-9.,]+/);
  const grouped = number(Number(whole), language());
  return `${around[0]}${grouped}${part === undefined ? "" : point + part}${around.at(-1)}`;
}
