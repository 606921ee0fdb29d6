// What can be set on this device: language, sound, camera; and unpairing it.

import { ask, button, h, notice } from "./dom.js";
import { number } from "./format.js";
import { IDLE_CHOICES_MS } from "./shift_rules.js";
import { count, language, t } from "./texts.js";
import { PAUSES_MS } from "./wedge.js";

/**
 * @param {Terminal.App} app
 * @returns {Terminal.Screen}
 */
export function showOptions(app) {
  const { device, settings, shop } = app.state;
  const facts = [
    [t("Shop"), shop?.name],
    [t("Location"), shop?.location],
    [t("Device"), device?.name],
    [t("Version"), app.facts.version],
  ].flatMap(([name, value]) => (name && value ? [[name, value]] : []));
  app.main.append(
    h(
      "div",
      { class: "narrow" },
      h("h1", {}, t("Options")),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("Language")),
        languageChoice(app, "options"),
        h("h2", {}, t("Feedback")),
        toggle(app, "sound", t("Sound"), settings.sound),
        toggle(app, "vibration", t("Vibration"), settings.vibration),
      ),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("At the counter")),
        choice(app, "idle_ms", t("The shift locks itself after"), IDLE_CHOICES_MS.map(minutes)),
        choice(app, "scanner_pause_ms", t("Hand scanner"), PAUSES_MS.map(speed)),
        h(
          "small",
          {},
          t(
            "Choose “slow” if a wireless scanner is not heard, or only sometimes. It may then pause longer between two keys.",
          ),
        ),
      ),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, t("This device")),
        h(
          "dl",
          { class: "facts" },
          ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
        ),
        h(
          "div",
          { class: "actions" },
          device && !device.is_revoked && refreshButton(app),
          device &&
            button("trash-2", t("Unpair this device"), () => unpair(app), { class: "danger" }),
        ),
      ),
      button("arrow-left", t("Back"), () => app.show("scan"), { class: "secondary wide" }),
    ),
  );
  return {};
}

/**
 * The four languages, each by its own name.
 * @param {Terminal.App} app
 * @param {Terminal.ScreenName} screen it stands on, to be shown again in the language chosen
 */
export function languageChoice(app, screen) {
  const choose = async (/** @type {string} */ code) => {
    const show = app.showFromHere();
    await app.setSetting("language", code);
    show(screen);
  };
  const one = (/** @type {[string, string]} */ [code, name]) =>
    h(
      "button",
      {
        type: "button",
        class: "secondary",
        lang: code,
        "aria-pressed": String(code === app.language),
        onclick: () => choose(code),
      },
      name,
    );
  return h(
    "div",
    { class: "language-choice", role: "group", "aria-label": t("Language") },
    ...Object.entries(app.facts.languages).map(one),
  );
}

/**
 * @param {Terminal.App} app
 * @param {"sound" | "vibration"} name
 * @param {string} words
 * @param {boolean} isOn
 */
function toggle(app, name, words, isOn) {
  const input = h("input", { type: "checkbox", role: "switch", name, checked: isOn });
  input.addEventListener("change", () => app.setSetting(name, input.checked));
  return h("label", { class: "choice switch" }, input, h("span", {}, words));
}

/**
 * @param {Terminal.App} app
 * @param {"idle_ms" | "scanner_pause_ms"} name
 * @param {string} words
 * @param {[number, string][]} choices each with its words
 */
function choice(app, name, words, choices) {
  const now = app.state.settings[name];
  const select = h(
    "select",
    { id: `option-${name}`, name },
    ...choices.map(([value, said]) => h("option", { value, selected: value === now }, said)),
  );
  select.addEventListener("change", () => app.setSetting(name, Number(select.value)));
  return h("div", { class: "field" }, h("label", { for: select.id }, words), select);
}

/**
 * @param {number} ms
 * @returns {[number, string]}
 */
function minutes(ms) {
  return [ms, count(ms / 60_000, t("{n} minute"), t("{n} minutes"))];
}

/**
 * @param {number} ms
 * @returns {[number, string]}
 */
function speed(ms) {
  const names = [t("fast, by cable"), t("usual"), t("slow")];
  const pause = t("{n} ms", { n: number(ms, language()) });
  return [ms, `${names[PAUSES_MS.indexOf(ms)]} (${pause})`];
}

/** @param {Terminal.App} app */
function refreshButton(app) {
  const refresh = async () => {
    press.disabled = true;
    const show = app.showFromHere();
    await app.refresh();
    show("options");
  };
  const words = t("Reload programs and names");
  const press = button("refresh-cw", words, refresh, { class: "secondary" });
  return press;
}

/** @param {Terminal.App} app */
async function unpair(app) {
  const waits = app.state.book.queue.length;
  const isSure = await ask(
    t("Unpair this device?"),
    (close) =>
      [
        waits > 0 &&
          notice(
            "bad",
            t(
              "Not sent yet: {n}. They stay here until this device is paired with the same shop again.",
              { n: waits },
            ),
          ),
        h(
          "p",
          {},
          t("It forgets the shop, the shift and all cards. Remove it in the console too."),
        ),
        button("trash-2", t("Unpair"), () => close(true), { class: "danger big wide" }),
      ].filter(Boolean),
    t("Close"),
  );
  if (!isSure) return;
  const { settings, book } = app.state;
  await app.store.alone("replay", () => app.store.forgetAllBut({ settings, book }));
  location.reload();
}
