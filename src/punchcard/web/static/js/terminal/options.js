// What can be set on this device: language, sound, camera; and unpairing it.

import { ask, button, h, notice } from "./dom.js";
import { t } from "./texts.js";

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
        languageChoice(app, () => app.show("options")),
        h("h2", {}, t("Feedback")),
        toggle(app, "sound", t("Sound"), settings.sound),
        toggle(app, "vibration", t("Vibration"), settings.vibration),
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
 * @param {() => void} onDone
 */
export function languageChoice(app, onDone) {
  const choose = async (/** @type {string} */ code) => {
    await app.setSetting("language", code);
    onDone();
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

/** @param {Terminal.App} app */
function refreshButton(app) {
  const refresh = async () => {
    press.disabled = true;
    await app.refresh();
    app.show("options");
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
