// Reads and writes amounts as the terminal does, for a test that compares them with the server's:
// a JSON document of cases on stdin, the answers on stdout.

import { readFileSync } from "node:fs";

import { read } from "../../src/punchcard/web/static/js/terminal/amount.js";
import { minorDigits, money, useMinorDigits } from "../../src/punchcard/web/static/js/terminal/format.js";

const asked = JSON.parse(readFileSync(0, "utf8"));
useMinorDigits(asked.minor_digits);
const written = asked.written.map(([minor, currency, language]) => money(minor, currency, language));
const found = asked.typed.map(([text, currency, language]) => read(text, minorDigits(currency), language));
process.stdout.write(JSON.stringify({ written, read: found }));
