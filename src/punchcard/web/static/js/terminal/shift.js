// Who stands at the till: tap a name and type the PIN, or type the PIN alone.

import { Refusal } from "./api.js";
import { button, h, icon, tellHere } from "./dom.js";
import { hearKeys, keypad } from "./keypad.js";
import { explain, nobodyYet, withoutLine } from "./shift_notices.js";
import { stateOf } from "./shift_rules.js";
import { t } from "./texts.js";

const LONGEST_PIN = 8;
const SHORTEST_PIN = 4;

/**
 * @param {Terminal.App} app
 * @param {Terminal.ScreenProps} props `person` was tapped; one without an id types the PIN alone
 * @returns {Terminal.Screen}
 */
export function showShift(app, { person } = {}) {
  const { shift, shop } = app.state;
  const locked = shift && stateOf(shift, app.clock.now()) === "locked" ? shift : null;
  const chosen = person ?? (locked ? { id: locked.pin_id, name: locked.name } : null);
  if (!chosen && shop?.people.length) return showPeople(app, shop.people);
  return showPin(app, chosen, locked && chosen?.id === locked.pin_id ? locked : null);
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Shop["people"]} people
 * @returns {Terminal.Screen}
 */
function showPeople(app, people) {
  const tile = (/** @type {Terminal.Shop["people"][number]} */ one) =>
    h(
      "button",
      { type: "button", class: "person", onclick: () => app.show("shift", { person: one }) },
      h("span", { class: "initials", "aria-hidden": "true" }, initials(one.name)),
      h("span", {}, one.name),
    );
  app.main.append(
    h("h1", {}, t("Who is at the till?")),
    h("div", { class: "people" }, ...people.map(tile)),
    button(
      "keyboard",
      t("Just enter my PIN"),
      () => app.show("shift", { person: { id: null, name: null } }),
      { class: "secondary wide-on-phone" },
    ),
  );
  app.main.querySelector("button")?.focus();
  return { changed: (what) => what === "shop" && app.show("shift") };
}

/** @param {string} name */
function initials(name) {
  return [...new Intl.Segmenter().segment(name.trim())]
    .filter((_s, place, all) => !place || all[place - 1].segment === " ")
    .map((one) => one.segment)
    .slice(0, 2)
    .join("")
    .toUpperCase();
}

/**
 * @param {Terminal.App} app
 * @param {Terminal.Person | null} person
 * @param {Terminal.Shift | null} locked the person's own shift, if the PIN opens that again
 * @returns {Terminal.Screen}
 */
function showPin(app, person, locked) {
  let typed = "";
  let isBusy = false;
  const dots = h("div", { class: "pin-dots", role: "img" });
  const problems = h("div", { class: "problems", "aria-live": "assertive" });
  const go = h(
    "button",
    { type: "button", class: "big wide", onclick: send },
    icon("check"),
    h("span", {}, t("Start the shift")),
  );
  const stop = hearKeys(press);

  function draw() {
    dots.setAttribute("aria-label", t("Digits entered: {n}", { n: typed.length }));
    const shown = Math.max(SHORTEST_PIN, typed.length);
    dots.replaceChildren(
      ...Array.from({ length: shown }, (_x, place) =>
        h("i", { class: place < typed.length ? "full" : "" }),
      ),
    );
    go.disabled = isBusy || typed.length < SHORTEST_PIN;
  }

  /** @param {string} key */
  function press(key) {
    if (isBusy) return;
    if (key === "Enter") return void (typed.length >= SHORTEST_PIN && send());
    if (key === "back") typed = typed.slice(0, -1);
    else if (/^[0-9]$/.test(key) && typed.length < LONGEST_PIN) typed += key;
    draw();
  }

  async function send() {
    [isBusy, go.disabled] = [true, true];
    const show = app.showFromHere();
    try {
      await app.client.openShift(typed, person?.id);
      return show("scan");
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return app.revoked();
      tellHere(problems, ...explain(app, error));
      app.feedback("bad");
    }
    [typed, isBusy] = ["", false];
    return draw();
  }

  draw();
  const people = app.state.shop?.people;
  app.main.append(
    h(
      "div",
      { class: "pin" },
      h("h1", {}, person?.name ?? t("Enter your PIN")),
      h(
        "p",
        { class: "muted" },
        locked ? t("Locked. Enter your PIN to unlock.") : t("Your PIN, please."),
      ),
      people?.length === 0 && nobodyYet(app),
      locked && !app.line.isUp() && withoutLine(app, locked),
      dots,
      problems,
      keypad({ onKey: press }),
      go,
      Boolean(people?.length) &&
        button("users", t("Someone else"), () => switchPerson(app), { class: "secondary wide" }),
    ),
  );
  // The names may come after the screen does, when the device starts for the first time.
  const hasChanged = (/** @type {string} */ what) =>
    (what === "line" && locked) || (what === "shop" && !person && !typed);
  return { leave: stop, changed: (what) => hasChanged(what) && app.show("shift") };
}

/** @param {Terminal.App} app */
async function switchPerson(app) {
  const show = app.showFromHere();
  await app.client.setShift(null);
  show("shift");
}
