// Finding the card: by camera, hand scanner, number, phone or e-mail.

import { Refusal } from "./api.js";
import { spaced } from "./codes.js";
import { button, h, icon, iconButton, notice } from "./dom.js";
import { openCamera } from "./reader.js";
import { sentenceOfError } from "./refusals.js";
import { t } from "./texts.js";

export function showScan(app) {
  let camera = null;
  let isGone = false;
  let isBusy = false;
  const video = h("video", { muted: true, playsinline: true, "aria-hidden": "true" });
  const tools = h("div", { class: "camera-tools" });
  const view = h(
    "div",
    { class: "camera", hidden: true },
    video,
    h("div", { class: "frame", "aria-hidden": "true" }),
    tools,
  );
  const found = h("div", { class: "found" });
  const input = h("input", {
    id: "code",
    type: "text",
    maxlength: 300,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "search",
  });
  const form = h(
    "form",
    {
      class: "search",
      onsubmit: (event) => {
        event.preventDefault();
        look(input.value);
      },
    },
    h("label", { for: "code" }, t("Card number, phone or e-mail")),
    h(
      "div",
      { class: "search-row" },
      input,
      h("button", { type: "submit", "aria-label": t("Find the card") }, icon("search")),
    ),
  );
  const start = button("camera", t("Scan with the camera"), () => turnOn(true), {
    class: "big wide camera-start",
  });

  async function turnOn(isAsked) {
    start.hidden = true;
    view.hidden = false;
    tools.replaceChildren(h("span", {}, t("Opening the camera…")));
    try {
      const opened = await openCamera(video, app.facts.reader, (code) => {
        app.feedback("read");
        look(code);
      });
      if (isGone) return opened.stop();
      camera = opened;
      if (isAsked) app.setSetting("camera", true);
      tools.replaceChildren(...cameraTools());
    } catch (error) {
      turnOff();
      if (isAsked) found.replaceChildren(notice("warn", whyNot(error)));
    }
    return undefined;
  }

  function turnOff() {
    camera?.stop();
    camera = null;
    view.hidden = true;
    start.hidden = false;
  }

  function cameraTools() {
    let isLit = false;
    const torch =
      camera.torch &&
      iconButton(
        "sun",
        t("Light"),
        async () => {
          isLit = !isLit;
          await camera.torch(isLit).catch(() => {});
          torch.setAttribute("aria-pressed", String(isLit));
        },
        { "aria-pressed": "false" },
      );
    const off = iconButton("x", t("Close the camera"), () => {
      turnOff();
      app.setSetting("camera", false);
    });
    return [h("span", {}, t("Hold the code into the frame")), torch, off].filter(Boolean);
  }

  async function look(text) {
    if (isBusy || !text.trim()) return;
    isBusy = true;
    found.replaceChildren(h("p", { class: "muted", "aria-busy": "true" }, t("Looking…")));
    try {
      const result = await app.desk.find(text);
      if (!isGone) found.replaceChildren(...show(result, text));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return app.revoked();
      if (!isGone) found.replaceChildren(notice("bad", sentenceOfError(error, app.clock.now())));
      app.feedback("bad");
    } finally {
      isBusy = false;
    }
    return undefined;
  }

  function show({ cards, isStale, isUnknown, read }, text) {
    if (cards.length === 1 || isUnknown) {
      app.show("card", { card: cards[0] ?? null, code: read.code, isStale });
      return [];
    }
    if (cards.length)
      return [
        h("h2", {}, t("Which card?")),
        h("div", { class: "choices" }, ...cards.map((card) => choice(app, card))),
      ];
    app.feedback("bad");
    if (isStale)
      return [
        notice(
          "warn",
          t(
            "There is no line. Cards can be found by their code or number, but not by phone, e-mail or name.",
          ),
        ),
      ];
    const contact = read.kind === "contact" ? text.trim() : "";
    return [
      notice("warn", t("No card was found.")),
      button("user-plus", t("New customer"), () => app.show("enrol", { contact }), {
        class: "secondary",
      }),
    ];
  }

  app.main.append(
    h("h1", { class: "visually-hidden" }, t("Find a card")),
    h(
      "div",
      { class: "scan" },
      h(
        "div",
        { class: "scan-main" },
        view,
        start,
        h(
          "p",
          { class: "muted hint" },
          icon("keyboard"),
          h("span", {}, t("A hand scanner works anywhere: just scan.")),
        ),
      ),
      h(
        "div",
        { class: "scan-side" },
        form,
        found,
        button("user-plus", t("New customer"), () => app.show("enrol"), {
          class: "secondary wide",
        }),
      ),
    ),
  );
  if (app.state.settings.camera) turnOn(false);
  else start.focus();
  const hide = () => (document.hidden ? turnOff() : app.state.settings.camera && turnOn(false));
  document.addEventListener("visibilitychange", hide);
  return {
    scanned: look,
    leave() {
      isGone = true;
      camera?.stop();
      document.removeEventListener("visibilitychange", hide);
    },
  };
}

function choice(app, card) {
  const program = app.state.shop?.programs.find((one) => one.id === card.program_id);
  const words = [program?.name, spaced(card.number)].filter(Boolean).join(" · ");
  return h(
    "button",
    { type: "button", class: "choice-card", onclick: () => app.show("card", { card }) },
    icon("id-card"),
    h(
      "span",
      {},
      h("b", {}, card.customer?.name ?? t("Card without a name")),
      h("small", {}, words),
    ),
  );
}

function whyNot(error) {
  if (error.name === "NotAllowedError")
    return t("The camera is not allowed here. Allow it in the browser's settings of this page.");
  if (error.name === "NotFoundError" || !navigator.mediaDevices)
    return t("This device has no camera that can be used.");
  return t("The camera did not open. Please try again.");
}
