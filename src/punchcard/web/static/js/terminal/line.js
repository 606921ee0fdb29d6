// Whether the line is up: told by what is asked, and asked again while it is down.

const FIRST_LOOK_MS = 2000;
const LONGEST_LOOK_MS = 30_000;

/**
 * @param {{onBack: () => void, onChange: () => void}} listeners
 */
export function createLine({ onBack, onChange }) {
  let isUp = navigator.onLine;
  let pause = FIRST_LOOK_MS;
  let timer = 0;

  /** @param {boolean} now */
  function told(now) {
    clearTimeout(timer);
    pause = now ? FIRST_LOOK_MS : Math.min(pause * 2, LONGEST_LOOK_MS);
    if (!now) timer = setTimeout(look, pause);
    if (now === isUp) return;
    isUp = now;
    onChange();
    if (now) onBack();
  }

  async function look() {
    const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    told(Boolean(answer?.ok));
  }

  addEventListener("online", () => {
    pause = FIRST_LOOK_MS;
    look();
  });
  addEventListener("offline", () => told(false));
  if (!isUp) told(false);
  return { isUp: () => isUp, told };
}
