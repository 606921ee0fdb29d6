// A program's colours on its card, as its passes have them.

const BACKGROUND = "#1f2937";
const ACCENT = "#f59e0b";
const INKS = ["#ffffff", "#1b1a17"];
const CONTRAST = 4.5; // WCAG 2.2, level AA, for text

/**
 * Background, ink and accent; an ink that cannot be read gives way to black or white.
 * @param {{background_color?: string, text_color?: string, accent_color?: string}} branding
 */
export function coloursOf(branding = {}) {
  const card = branding.background_color ?? BACKGROUND;
  const accent = branding.accent_color ?? ACCENT;
  const wanted = branding.text_color;
  const ink = wanted && contrast(card, wanted) >= CONTRAST ? wanted : best(card);
  return { card, ink, accent, mark: best(accent) };
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
  const [white, black] = INKS;
  return contrast(background, white) >= contrast(background, black) ? white : black;
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
  const { card, ink, accent, mark } = coloursOf(branding);
  element.style.setProperty("--card", card);
  element.style.setProperty("--card-ink", ink);
  element.style.setProperty("--card-accent", accent);
  element.style.setProperty("--card-mark", mark);
}
