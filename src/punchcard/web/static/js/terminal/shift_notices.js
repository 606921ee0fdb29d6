// What stands in the way of a shift: no line, a wrong PIN, or no PIN at all.

import { LineDown, Refusal } from "./api.js";
import { button, h, notice } from "./dom.js";
import { countdownTo, momentOf, sentenceOf, sentenceOfError } from "./refusals.js";
import { continued } from "./shift_rules.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {unknown} error
 */
export function explain(app, error) {
  const now = app.clock.now();
  if (error instanceof LineDown)
    return [
      notice(
        "warn",
        t("A PIN cannot be checked offline. Please try again once you are back online."),
      ),
    ];
  if (!(error instanceof Refusal)) return [notice("bad", sentenceOfError(error, now))];
  const moment = momentOf(error.problem);
  return [
    notice(
      "bad",
      h("p", {}, sentenceOf(error.problem, now)),
      moment && h("p", {}, countdownTo(moment, app.clock.now)),
    ),
  ];
}

/**
 * The PIN can't be checked now; the same person may go on with what can wait, and shows it later.
 * @param {Terminal.App} app
 * @param {Terminal.Shift} shift
 */
export function withoutLine(app, shift) {
  const goOn = async () => {
    const show = app.showFromHere();
    await app.client.setShift(continued(shift, app.clock.now()));
    show("scan");
  };
  return notice(
    "warn",
    h(
      "p",
      {},
      t(
        "You are offline, so the PIN cannot be checked. You can go on with stamps and purchases; the PIN is asked for once you are back online.",
      ),
    ),
    button("wifi-off", t("Continue as {name}", { name: shift.name }), goOn),
  );
}

/**
 * The shop has no PINs yet; they may be given while somebody stands here and waits.
 * @param {Terminal.App} app
 */
export function nobodyYet(app) {
  const look = async () => {
    press.disabled = true;
    const show = app.showFromHere();
    await app.refresh();
    show("scan");
  };
  const press = button("refresh-cw", t("Reload programs and names"), look, { class: "secondary" });
  const words = t("Nobody has a PIN yet. A manager adds them in the console, under Staff PINs.");
  return notice("warn", h("p", {}, words), press);
}
