// Taking back the last operation: out of the queue if it was not sent, else by an entry that voids it.

import { ask, button, h, icon, notice } from "./dom.js";
import { t } from "./texts.js";

const LONGEST_REASON = 200;

/**
 * @param {Terminal.App} app
 * @param {{id: string} | {key: string}} what the entry in the ledger, or the key of what waits
 * @param {(outcome: Terminal.Undone) => unknown} onDone
 */
export function undoButton(app, what, onDone) {
  const press = button("undo-2", t("Undo"), undo, { class: "secondary" });

  async function undo() {
    if ("key" in what) return takeBack(what.key);
    const usual = [
      t("Wrong card"),
      t("Wrong number or amount"),
      t("The customer changed their mind"),
    ];
    const reason = await askReason(t("Why undo it?"), usual, t("Undo for this reason"));
    if (!reason) return undefined;
    press.disabled = true;
    return onDone(await app.client.voidEntry(what.id, reason));
  }

  /** @param {string} key */
  async function takeBack(key) {
    press.disabled = true;
    if (await app.client.withdraw(key)) return onDone({ kind: "taken back" });
    return press.replaceWith(
      notice(
        "warn",
        t(
          "It may already have been sent. Once you are back online, scan the card again and undo it there.",
        ),
      ),
    );
  }

  return press;
}

/**
 * @param {string} title what is asked
 * @param {string[]} usual the reasons there mostly are, to be chosen with one touch
 * @param {string} send what is done with a reason that somebody types
 * @returns {Promise<string | null>}
 */
export function askReason(title, usual, send) {
  return ask(
    title,
    (close) => [
      h(
        "div",
        { class: "choices" },
        ...usual.map((reason, place) =>
          button(null, reason, () => close(reason), {
            class: "secondary wide big",
            autofocus: !place,
          }),
        ),
      ),
      ownReason(send, close),
    ],
    t("Close"),
  );
}

/**
 * @param {string} send
 * @param {(reason: string) => void} close
 */
function ownReason(send, close) {
  const own = h("input", { id: "own-reason", maxlength: LONGEST_REASON, autocomplete: "off" });
  const fault = h("small", { class: "field-fault", id: "own-reason-fault", role: "alert" });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (own.value.trim()) return close(own.value.trim());
    fault.textContent = t("Choose a reason above, or type one.");
    own.setAttribute("aria-invalid", "true");
    own.setAttribute("aria-errormessage", fault.id);
    return own.focus();
  };
  return h(
    "form",
    { onsubmit: submit },
    h("label", { for: "own-reason" }, t("Another reason")),
    h(
      "div",
      { class: "search-row" },
      own,
      h("button", { type: "submit", "aria-label": send }, icon("check")),
    ),
    fault,
  );
}
