// A program's colours on its card, as its passes have them.

const BACKGROUND = "#1f2937";
const ACCENT = "#f59e0b";
const INKS = ["#ffffff", "#1b1a17", "#000000"];
const CONTRAST = 4.5; // WCAG 2.2, level AA, for text
const DRAWING_CONTRAST = 3; // and for drawings
const STEPS = 20;

/**
 * Background, ink and accent; an ink that cannot be read gives way to black or white, an accent that
 * cannot be told from the background goes toward the ink until it can.
 * @param {{background_color?: string, text_color?: string, accent_color?: string}} branding
 */
export function coloursOf(branding = {}) {
  const card = branding.background_color ?? BACKGROUND;
  const wanted = branding.text_color;
  const ink = wanted && contrast(card, wanted) >= CONTRAST ? wanted : best(card);
  const accent = standingOut(branding.accent_color ?? ACCENT, card, ink);
  return {
    card,
    ink,
    accent,
    mark: best(accent),
    shade: best(ink) === "#ffffff" ? "#fff" : "#000",
  };
}

/**
 * A colour, or the nearest on its way to another that a drawing can have on what lies behind it.
 * @param {string} colour
 * @param {string} behind
 * @param {string} toward
 */
function standingOut(colour, behind, toward) {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(colour, toward, step / STEPS);
    if (contrast(mixed, behind) >= DRAWING_CONTRAST) return mixed;
  }
  return toward;
}

/**
 * @param {string} one
 * @param {string} other
 * @param {number} share of the other, 0 to 1
 */
function mix(one, other, share) {
  const channels = [1, 3, 5].map((place) => {
    const [a, b] = [one, other].map((colour) => parseInt(colour.slice(place, place + 2), 16));
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${channels.join("")}`;
}

/**
 * How much two colours stand apart, 1 to 21.
 * @param {string} one
 * @param {string} other
 */
export function contrast(one, other) {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** @param {string} background */
function best(background) {
  const [white, black, full] = INKS;
  const better = contrast(background, white) >= contrast(background, black) ? white : black;
  // On a middling grey full black alone can be read.
  return contrast(background, better) >= CONTRAST ? better : full;
}

/** @param {string} colour as #rrggbb */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((place) => {
    const share = parseInt(colour.slice(place, place + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * Put a program's colours on an element.
 * @param {HTMLElement} element
 * @param {Terminal.Branding} branding
 */
export function paint(element, branding) {
  const { card, ink, accent, mark, shade } = coloursOf(branding);
  element.style.setProperty("--card", card);
  element.style.setProperty("--card-ink", ink);
  element.style.setProperty("--card-accent", accent);
  element.style.setProperty("--card-mark", mark);
  element.style.setProperty("--card-shade", shade);
}
