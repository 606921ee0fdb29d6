// Reads codes from a camera: by the browser's own reader, or by ours where it has none.

const FORMATS = ["qr_code", "code_128"];
const PAUSE_MS = 90;
/** A code that stays before the camera counts once; it counts again when it was away this long. */
const AWAY_MS = 2500;
/** So long after a card was read, its phone may still be held there when the camera opens again. */
const SAME_CUSTOMER_MS = 30_000;

const last = { code: "", seenAt: -Infinity };

/**
 * @param {{module: string, wasm: string}} addresses of the reader for browsers without one
 * @returns {Promise<CodeReader>}
 */
async function openDetector({ module, wasm }) {
  const own = globalThis.BarcodeDetector;
  const known = own ? await own.getSupportedFormats().catch(() => []) : [];
  if (own && FORMATS.every((format) => known.includes(format)))
    return new own({ formats: FORMATS });
  const { BarcodeDetector, prepareZXingModule } = await import(module);
  // Without this the package would ask another server for its wasm.
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return new BarcodeDetector({ formats: FORMATS });
}

/**
 * Look through the camera until `stop()`.
 * @param {HTMLVideoElement} video
 * @param {{module: string, wasm: string}} addresses of the reader for browsers without one
 * @param {(code: string) => void} onCode
 * @returns {Promise<{stop: () => void, torch: ((isOn: boolean) => Promise<void>) | null}>}
 */
export async function openCamera(video, addresses, onCode) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  const [track] = stream.getVideoTracks();
  let isOpen = true;
  const stop = () => {
    isOpen = false;
    track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    const [detector] = await Promise.all([openDetector(addresses), video.play()]);
    watch(video, detector, () => isOpen, onCode);
  } catch (error) {
    stop();
    throw error;
  }
  return { stop, torch: torchOf(track) };
}

/**
 * @param {HTMLVideoElement} video
 * @param {CodeReader} detector
 * @param {() => boolean} isOpen
 * @param {(code: string) => void} onCode
 */
async function watch(video, detector, isOpen, onCode) {
  if (Date.now() - last.seenAt < SAME_CUSTOMER_MS) last.seenAt = Date.now();
  while (isOpen()) {
    const found = video.readyState >= 2 ? await detector.detect(video).catch(() => []) : [];
    const code = found[0]?.rawValue ?? "";
    if (isOpen() && code && isNew(code, Date.now())) onCode(code);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * @param {string} code
 * @param {number} now milliseconds
 */
function isNew(code, now) {
  const isSame = code === last.code && now - last.seenAt <= AWAY_MS;
  Object.assign(last, { code, seenAt: now });
  return !isSame;
}

/** @param {MediaStreamTrack} track */
function torchOf(track) {
  if (!track.getCapabilities?.().torch) return null;
  return (/** @type {boolean} */ isOn) => track.applyConstraints({ advanced: [{ torch: isOn }] });
}
