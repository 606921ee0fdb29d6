// The customer's card: follows each stamp as it happens, and shows the code large and bright.

const live = document.getElementById("live");
const MOVES_EVERY_MS = 10_000;
const RETRY_MS = 5_000;

/** Fetch what a stamp changes and put it in place of what is shown. */
async function refresh() {
  const answer = await fetch(live.dataset.part, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  live.innerHTML = await answer.text();
  live.classList.add("arrived");
  setTimeout(() => live.classList.remove("arrived"), 700);
}

/** Listen for changes while the page is looked at; words and dates come from the server. */
function listen() {
  let source = null;
  let shown = live.dataset.state;
  const stop = () => { source?.close(); source = null; };
  const start = () => {
    if (source || document.hidden) return;
    source = new EventSource(live.dataset.events);
    source.addEventListener("card", (event) => {
      const { stamps, points, status } = JSON.parse(event.data);
      const now = `${stamps}/${points}/${status}`;
      if (now !== shown) refresh();
      shown = now;
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      stop();
      setTimeout(start, RETRY_MS);
    });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  window.addEventListener("pagehide", stop);
  start();
}

/** Let the code move on: a picture of it is soon worth nothing. */
function keepMoving() {
  setInterval(() => {
    if (document.hidden) return;
    for (const picture of document.querySelectorAll(".qr-frame img")) {
      picture.src = `${picture.src.split("?")[0]}?at=${Date.now()}`;
    }
  }, MOVES_EVERY_MS);
}

/** Offer the code on a white screen that stays on. */
function brighten() {
  const dialog = document.getElementById("bright");
  if (!dialog?.showModal) return;
  let lock = null;
  document.body.classList.add("can-brighten");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("#brighten");
    if (!button) return;
    const code = document.querySelector(".code .qr-frame").firstElementChild.cloneNode(true);
    code.removeAttribute("id");
    dialog.querySelector(".qr-frame").replaceChildren(code);
    dialog.showModal();
    lock = await navigator.wakeLock?.request("screen").catch(() => null);
    document.getElementById("wake-note").textContent = lock ? button.dataset.wake : "";
  });
  dialog.addEventListener("close", () => { lock?.release(); lock = null; });
}

if (live && "EventSource" in window) listen();
if (document.querySelector(".qr-frame img")) keepMoving();
brighten();
