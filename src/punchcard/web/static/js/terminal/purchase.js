// A purchase as staff type it: its amount, what it earns, and with stamps and points on one card the
// stamp of the visit in the same go.

import { askAmount } from "./amount_pad.js";
import { h } from "./dom.js";
import { guessed, quoted } from "./quote.js";
import { t } from "./texts.js";

/** How long nobody types until the server is asked what it would earn. */
const QUIET_MS = 300;

/**
 * Ask for a purchase; null when the pad was left.
 * @param {Terminal.App} app
 * @param {import("./card_actions.js").Shown} now
 * @param {string} card as the server is told it
 * @returns {Promise<{fields: Omit<Terminal.OperationFields, "card">, label: {amount: number, currency: string, quantity?: number}} | null>}
 */
export async function askPurchase(app, now, card) {
  const { program } = now;
  const currency = program?.currency ?? app.state.shop?.currency;
  if (!currency) return null;
  const box = h("input", { type: "checkbox", id: "with-stamp", checked: true });
  const canStamp = program?.type === "hybrid" && !mustWait(app, now);
  const line = h("p", { class: "muted points-of", "aria-live": "polite" });
  const stamps = () => (canStamp && box.checked ? { stamps: 1 } : {});
  let asked = 0;
  let typed = 0;

  function tell() {
    line.textContent = guessed(app, program, typed);
    asked += 1;
    const [mine, minor] = [asked, typed];
    if (!minor) return;
    setTimeout(async () => {
      if (mine !== asked) return;
      const words = await quoted(app, { card, amount_minor: minor, ...stamps() });
      if (words !== null && mine === asked) line.textContent = words;
    }, QUIET_MS);
  }

  box.addEventListener("change", tell);
  const amount = await askAmount(currency, {
    usual: program?.usual_purchase_minor,
    below: [
      line,
      canStamp &&
        h(
          "label",
          { class: "with-stamp", for: "with-stamp" },
          box,
          h("span", {}, t("With a stamp for the visit")),
        ),
    ],
    onTyped: (minor) => {
      typed = minor;
      tell();
    },
  });
  asked += 1;
  if (amount === null) return null;
  const { stamps: quantity } = stamps();
  return quantity
    ? {
        fields: { op: "visit", amount_minor: amount, stamps: quantity },
        label: { amount, currency, quantity },
      }
    : { fields: { op: "earn", amount_minor: amount }, label: { amount, currency } };
}

/**
 * @param {Terminal.App} app
 * @param {import("./card_actions.js").Shown} now
 */
function mustWait(app, { coming }) {
  const { next_stamp_at: next } = coming;
  return next !== null && Date.parse(next) > app.clock.now();
}
