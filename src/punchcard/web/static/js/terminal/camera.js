// The camera on the screen: opened by a touch, or by itself where it was used last.

import { button, h, iconButton } from "./dom.js";
import { openCamera } from "./reader.js";
import { t } from "./texts.js";

/**
 * @param {Terminal.App} app
 * @param {(code: string) => void} onCode
 * @param {(words: string) => void} onTrouble hears why the camera did not open when it was asked to
 */
export function createCamera(app, onCode, onTrouble) {
  /** @type {Awaited<ReturnType<typeof openCamera>> | null} */
  let camera = null;
  let isGone = false;
  const video = h("video", { muted: true, playsinline: true, "aria-hidden": "true" });
  const tools = h("div", { class: "camera-tools" });
  const view = h(
    "div",
    { class: "camera", hidden: true },
    video,
    h("div", { class: "frame", "aria-hidden": "true" }),
    tools,
  );
  const start = button("camera", t("Scan with the camera"), () => turnOn(true), {
    class: "big wide camera-start",
  });

  /** @param {boolean} isAsked by a touch, so that a failure is told and a success remembered */
  async function turnOn(isAsked) {
    start.hidden = true;
    view.hidden = false;
    tools.replaceChildren(h("span", {}, t("Opening the camera…")));
    try {
      const opened = await openCamera(video, app.facts.reader, onCode);
      if (isGone) return opened.stop();
      camera = opened;
      if (isAsked) app.setSetting("camera", true);
      tools.replaceChildren(...toolsOf(opened));
    } catch (error) {
      turnOff();
      if (isAsked) onTrouble(whyNot(error));
    }
    return undefined;
  }

  function turnOff() {
    camera?.stop();
    camera = null;
    view.hidden = true;
    start.hidden = false;
  }

  /** @param {Awaited<ReturnType<typeof openCamera>>} opened */
  function toolsOf({ torch }) {
    const off = iconButton("x", t("Close the camera"), () => {
      turnOff();
      app.setSetting("camera", false);
    });
    const words = h("span", {}, t("Hold the code in the frame"));
    return torch ? [words, lamp(torch), off] : [words, off];
  }

  if (app.state.settings.camera) turnOn(false);
  const hide = () => (document.hidden ? turnOff() : app.state.settings.camera && turnOn(false));
  document.addEventListener("visibilitychange", hide);
  return {
    view,
    start,
    leave() {
      isGone = true;
      camera?.stop();
      document.removeEventListener("visibilitychange", hide);
    },
  };
}

/** @param {(isOn: boolean) => Promise<void>} torch */
function lamp(torch) {
  let isLit = false;
  const toggle = async () => {
    isLit = !isLit;
    await torch(isLit).catch(() => {});
    press.setAttribute("aria-pressed", String(isLit));
  };
  const press = iconButton("sun", t("Light"), toggle, { "aria-pressed": "false" });
  return press;
}

/** @param {unknown} error */
function whyNot(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return t("The camera is blocked. Allow it for this page in the browser's settings.");
  if (name === "NotFoundError" || !navigator.mediaDevices)
    return t("This device has no camera that can be used.");
  return t("The camera did not open. Please try again.");
}
