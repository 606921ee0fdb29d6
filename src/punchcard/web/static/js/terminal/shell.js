// Lets the browser keep the shell, and takes a new version when nobody is at work.

const LOOK_AGAIN_MS = 60 * 60_000;

/** @param {Terminal.App} app gets `reloadIfNew` */
export async function keepShell(app) {
  if (!("serviceWorker" in navigator)) return;
  let isNew = false;
  const hadOne = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    isNew = hadOne;
    if (app.screenName === "shift") app.reloadIfNew?.();
  });
  app.reloadIfNew = () => {
    if (isNew) location.reload();
    return isNew;
  };
  const registration = await navigator.serviceWorker
    .register("/terminal/sw.js", { scope: "/terminal", updateViaCache: "none" })
    .catch(() => null);
  // What is kept must not be thrown away when the device runs short of room.
  await navigator.storage?.persist?.().catch(() => false);
  if (registration) setInterval(() => registration.update().catch(() => {}), LOOK_AGAIN_MS);
}
