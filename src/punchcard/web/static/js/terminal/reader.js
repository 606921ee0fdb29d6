// Reads codes from a camera: by the browser's own reader, or by ours where it has none.

const FORMATS = ["qr_code", "code_128"];
const PAUSE_MS = 90;
/** The same code before the camera counts again after this time. */
const SAME_AGAIN_MS = 4000;

async function openDetector({ module, wasm }) {
  const own = globalThis.BarcodeDetector;
  const known = own ? await own.getSupportedFormats().catch(() => []) : [];
  if (FORMATS.every((format) => known.includes(format))) return new own({ formats: FORMATS });
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

async function watch(video, detector, isOpen, onCode) {
  let last = "";
  let lastAt = 0;
  while (isOpen()) {
    const found = video.readyState >= 2 ? await detector.detect(video).catch(() => []) : [];
    const code = found[0]?.rawValue ?? "";
    const isNew = code !== last || Date.now() - lastAt > SAME_AGAIN_MS;
    if (isOpen() && code && isNew) {
      [last, lastAt] = [code, Date.now()];
      onCode(code);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function torchOf(track) {
  if (!track.getCapabilities?.().torch) return null;
  return (isOn) => track.applyConstraints({ advanced: [{ torch: isOn }] });
}
