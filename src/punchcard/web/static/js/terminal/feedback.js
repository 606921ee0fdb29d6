// A sound and a tremble for those who look at the customer, not at the screen.

/** @type {Record<Sound, [pitch: number, after: number][]>} */
const TONES = {
  good: [
    [660, 0],
    [880, 0.09],
  ],
  bad: [
    [220, 0],
    [180, 0.14],
  ],
  read: [[1200, 0]],
};
/** @type {Record<Sound, number | number[]>} */
const TREMBLES = { good: 40, bad: [60, 50, 60], read: 15 };

/** @typedef {"good" | "bad" | "read"} Sound */

/**
 * @param {() => {sound: boolean, vibration: boolean}} settings
 */
export function createFeedback(settings) {
  /** @type {AudioContext | null} */
  let audio = null;
  return (/** @type {Sound} */ kind) => {
    if (settings().vibration) navigator.vibrate?.(TREMBLES[kind]);
    if (!settings().sound || !("AudioContext" in window)) return;
    audio ??= new AudioContext();
    for (const [pitch, after] of TONES[kind]) beep(audio, pitch, audio.currentTime + after);
  };
}

/**
 * @param {AudioContext} audio
 * @param {number} pitch hertz
 * @param {number} at seconds of the context's clock
 */
function beep(audio, pitch, at) {
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0.12, at);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.12);
  tone.connect(loudness).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.13);
}
