// Keyboards as they are sold: what is printed on each key, alone and with Shift, row by row. Dead
// keys are written "†". What a scanner set to one of them presses on a device set to another.

const CODES = `
  Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal
  KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight
  KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash
  IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash`
  .trim()
  .split(/\s+/);

/** Each key as "alone+shifted", in the order of CODES. */
const PRINTED = {
  us: "`~ 1! 2@ 3# 4$ 5% 6^ 7& 8* 9( 0) -_ =+ qQ wW eE rR tT yY uU iI oO pP [{ ]} aA sS dD fF gG hH jJ kK lL ;: '\" \\| <> zZ xX cC vV bB nN mM ,< .> /?",
  uk: "`¬ 1! 2\" 3£ 4$ 5% 6^ 7& 8* 9( 0) -_ =+ qQ wW eE rR tT yY uU iI oO pP [{ ]} aA sS dD fF gG hH jJ kK lL ;: '@ #~ \\| zZ xX cC vV bB nN mM ,< .> /?",
  french:
    "²~ &1 é2 \"3 '4 (5 -6 è7 _8 ç9 à0 )° =+ aA zZ eE rR tT yY uU iI oO pP †† $£ qQ sS dD fF gG hH jJ kK lL mM ù% *µ <> wW xX cC vV bB nN ,? ;. :/ !§",
  belgian:
    "²³ &1 é2 \"3 '4 (5 §6 è7 !8 ç9 à0 )° -_ aA zZ eE rR tT yY uU iI oO pP †† $* qQ sS dD fF gG hH jJ kK lL mM ù% µ£ <> wW xX cC vV bB nN ,? ;. :/ =+",
  german:
    "†° 1! 2\" 3§ 4$ 5% 6& 7/ 8( 9) 0= ß? †† qQ wW eE rR tT zZ uU iI oO pP üÜ +* aA sS dD fF gG hH jJ kK lL öÖ äÄ #' <> yY xX cC vV bB nN mM ,; .: -_",
  swissGerman:
    "§° 1+ 2\" 3* 4ç 5% 6& 7/ 8( 9) 0= '? †† qQ wW eE rR tT zZ uU iI oO pP üè †! aA sS dD fF gG hH jJ kK lL öé äà $£ <> yY xX cC vV bB nN mM ,; .: -_",
  swissFrench:
    "§° 1+ 2\" 3* 4ç 5% 6& 7/ 8( 9) 0= '? †† qQ wW eE rR tT zZ uU iI oO pP èü †! aA sS dD fF gG hH jJ kK lL éö àä $£ <> yY xX cC vV bB nN mM ,; .: -_",
  spanish:
    "ºª 1! 2\" 3· 4$ 5% 6& 7/ 8( 9) 0= '? ¡¿ qQ wW eE rR tT yY uU iI oO pP †† +* aA sS dD fF gG hH jJ kK lL ñÑ †† çÇ <> zZ xX cC vV bB nN mM ,; .: -_",
  italian:
    "\\| 1! 2\" 3£ 4$ 5% 6& 7/ 8( 9) 0= '? ì^ qQ wW eE rR tT yY uU iI oO pP èé +* aA sS dD fF gG hH jJ kK lL òç à° ù§ <> zZ xX cC vV bB nN mM ,; .: -_",
  portuguese:
    "\\| 1! 2\" 3# 4$ 5% 6& 7/ 8( 9) 0= '? «» qQ wW eE rR tT yY uU iI oO pP +* †† aA sS dD fF gG hH jJ kK lL çÇ ºª †† <> zZ xX cC vV bB nN mM ,; .: -_",
};

export const KEYBOARDS = Object.keys(PRINTED);

const keys = Object.fromEntries(
  Object.entries(PRINTED).map(([name, printed]) => [
    name,
    new Map(printed.split(" ").map((both, place) => [CODES[place], [...both]])),
  ]),
);

/**
 * The keys that a scanner presses for a text, as a device of another layout hands them to a page.
 * @param {string} text
 * @param {string} scanner its layout
 * @param {string} device its layout
 * @returns {{key: string, code: string, shift: boolean}[]}
 */
export function pressed(text, scanner, device) {
  return [...text].map((char) => {
    for (const [code, both] of keys[scanner]) {
      const level = both.indexOf(char);
      if (level < 0) continue;
      const key = keys[device].get(code)[level];
      return { key: key === "†" ? "Dead" : key, code, shift: level === 1 };
    }
    throw new Error(`a ${scanner} scanner has no key for ${char}`);
  });
}
