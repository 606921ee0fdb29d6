// Keyboard layouts: a hand scanner presses keys as its own layout has them, and the device reads
// them by another. Here each such text is turned back into what stood in the code.

/** The keys that differ, row by row as they lie on the board: what `KeyboardEvent.code` says. */
const ROWS = [
  "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal",
  "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Backslash",
  "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote",
  "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash",
].map((row) => row.split(" "));

// A dot above ("˙") stands for a dead key, which writes nothing of its own.
const QWERTZ = [
  ["qwertzuiop", "QWERTZUIOP"],
  ["asdfghjkl", "ASDFGHJKL"],
  ["<yxcvbnm,.-", ">YXCVBNM;:_"],
];
const US_TOP = ["\x601234567890-=", "~!@#$%^&*()_+"];
const AZERTY = ["azertyuiop", "AZERTYUIOP"];

/**
 * What each key writes, row by row: alone and with Shift.
 * @type {Record<string, [string, string][]>}
 */
const LAYOUTS = {
  us: [
    [US_TOP[0], US_TOP[1]],
    ["qwertyuiop[]\\", "QWERTYUIOP{}|"],
    ["asdfghjkl;'", 'ASDFGHJKL:"'],
    ["<zxcvbnm,./", ">ZXCVBNM<>?"],
  ],
  uk: [
    ["\x601234567890-=", '¬!"£$%^&*()_+'],
    ["qwertyuiop[]#", "QWERTYUIOP{}~"],
    ["asdfghjkl;'", "ASDFGHJKL:@"],
    ["\\zxcvbnm,./", "|ZXCVBNM<>?"],
  ],
  french: [
    ["²&é\"'(-è_çà)=", "~1234567890°+"],
    [`${AZERTY[0]}˙$*`, `${AZERTY[1]}˙£µ`],
    ["qsdfghjklmù", "QSDFGHJKLM%"],
    ["<wxcvbn,;:!", ">WXCVBN?./§"],
  ],
  belgian: [
    ["²&é\"'(§è!çà)-", "³1234567890°_"],
    [`${AZERTY[0]}˙$µ`, `${AZERTY[1]}˙*£`],
    ["qsdfghjklmù", "QSDFGHJKLM%"],
    ["<wxcvbn,;:=", ">WXCVBN?./+"],
  ],
  german: [
    ["˙1234567890ß˙", '°!"§$%&/()=?˙'],
    [`${QWERTZ[0][0]}ü+#`, `${QWERTZ[0][1]}Ü*'`],
    [`${QWERTZ[1][0]}öä`, `${QWERTZ[1][1]}ÖÄ`],
    [QWERTZ[2][0], QWERTZ[2][1]],
  ],
  swissGerman: [
    ["§1234567890'˙", '°+"*ç%&/()=?˙'],
    [`${QWERTZ[0][0]}ü˙$`, `${QWERTZ[0][1]}è!£`],
    [`${QWERTZ[1][0]}öä`, `${QWERTZ[1][1]}éà`],
    [QWERTZ[2][0], QWERTZ[2][1]],
  ],
  swissFrench: [
    ["§1234567890'˙", '°+"*ç%&/()=?˙'],
    [`${QWERTZ[0][0]}è˙$`, `${QWERTZ[0][1]}ü!£`],
    [`${QWERTZ[1][0]}éà`, `${QWERTZ[1][1]}öä`],
    [QWERTZ[2][0], QWERTZ[2][1]],
  ],
  spanish: [
    ["º1234567890'¡", 'ª!"·$%&/()=?¿'],
    ["qwertyuiop˙+ç", "QWERTYUIOP˙*Ç"],
    ["asdfghjklñ˙", "ASDFGHJKLÑ˙"],
    ["<zxcvbnm,.-", ">ZXCVBNM;:_"],
  ],
  italian: [
    ["\\1234567890'ì", '|!"£$%&/()=?^'],
    ["qwertyuiopè+ù", "QWERTYUIOPé*§"],
    ["asdfghjklòà", "ASDFGHJKLç°"],
    ["<zxcvbnm,.-", ">ZXCVBNM;:_"],
  ],
  portuguese: [
    ["\\1234567890'«", '|!"#$%&/()=?»'],
    ["qwertyuiop+˙˙", "QWERTYUIOP*˙˙"],
    ["asdfghjklçº", "ASDFGHJKLÇª"],
    ["<zxcvbnm,.-", ">ZXCVBNM;:_"],
  ],
};

const NUMPAD = /^Numpad([0-9])$/;

/** The layouts by name, each from "KeyQ" and "+KeyQ" (with Shift) to the character. */
const WRITES = new Map(
  Object.entries(LAYOUTS).map(([name, rows]) => [
    name,
    new Map(
      rows.flatMap(([alone, shifted], row) => [
        ...ROWS[row].map((code, place) => /** @type {[string, string]} */ ([code, alone[place]])),
        ...ROWS[row].map(
          (code, place) => /** @type {[string, string]} */ ([`+${code}`, shifted[place]]),
        ),
      ]),
    ),
  ]),
);

/** The layouts by name, each from the character to the key, for browsers that tell no key. */
const KEYS = new Map(
  [...WRITES].map(([name, writes]) => [
    name,
    new Map([...writes].filter(([, char]) => char !== "˙").map(([key, char]) => [char, key])),
  ]),
);

/**
 * One press of a key that writes something.
 * @typedef {object} Stroke
 * @property {string} key what the device made of it: a character, "Dead", or "Unidentified"
 * @property {string} code where the key lies, "" where the browser does not tell
 * @property {boolean} shift
 */

/**
 * What a burst of keys may have meant, without repetitions: as the device reads it first, then as a
 * scanner of each layout has pressed it.
 * @param {Stroke[]} strokes
 * @returns {string[]}
 */
export function readings(strokes) {
  const read = [strokes.map(({ key }) => (key.length === 1 ? key : "")).join("")];
  const isPlaced = strokes.every(({ code }) => code);
  for (const writes of WRITES.values()) {
    if (isPlaced) read.push(strokes.map((stroke) => written(stroke, writes)).join(""));
    else for (const keys of KEYS.values()) read.push(translated(read[0], keys, writes));
  }
  return [...new Set(read)];
}

/**
 * @param {Stroke} stroke
 * @param {Map<string, string>} writes
 */
function written({ key, code, shift }, writes) {
  const digit = NUMPAD.exec(code);
  if (digit) return digit[1];
  if (code === "Space") return " ";
  return writes.get(shift ? `+${code}` : code) ?? (key.length === 1 ? key : "");
}

/**
 * A text that a device of one layout has read, as a scanner of another has pressed it.
 * @param {string} text
 * @param {Map<string, string>} keys of the device
 * @param {Map<string, string>} writes of the scanner
 */
function translated(text, keys, writes) {
  return [...text].map((char) => writes.get(keys.get(char) ?? "") ?? char).join("");
}
