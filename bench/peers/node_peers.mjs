// `node node_peers.mjs NAME FOLDER SECONDS`: passes by a package that is installed beside this
// copy. A pass is for one more card each time; the last one is kept for the bench to look at.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const LEAST_PASSES = 3;
const [name, folder, seconds] = process.argv.slice(2);
const read = (file) => readFileSync(join(folder, file));

const files = {};
for (const entry of readdirSync(join(folder, "files"), { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && entry.name !== "pass.json") {
    const path = join(entry.path ?? entry.parentPath, entry.name);
    files[relative(join(folder, "files"), path).split(sep).join("/")] = readFileSync(path);
  }
}
const document = JSON.parse(read("files/pass.json"));

async function passkitGenerator() {
  const { PKPass } = await import("passkit-generator");
  const signed = {
    wwdr: read("wwdr.pem"),
    signerCert: read("certificate.pem"),
    signerKey: read("key.pem"),
  };
  const whole = { ...files, "pass.json": Buffer.from(JSON.stringify(document)) };
  return (serialNumber) => new PKPass({ ...whole }, signed, { serialNumber }).getAsBuffer();
}

async function passJs() {
  const { Template } = await import("@walletpass/pass-js");
  const { barcodes, ...rest } = document;
  const template = new Template("storeCard", { ...rest, barcodes });
  template.setCertificate(read("certificate.pem").toString());
  template.setPrivateKey(read("key.pem").toString());
  for (const [file, content] of Object.entries(files)) {
    const [, kind, scale] = /^([a-z]+)(?:@([23])x)?\.png$/.exec(file) ?? [];
    if (kind) await template.images.add(kind, content, scale && `${scale}x`);
    const [, language] = /^([a-z]+)\.lproj\/pass\.strings$/.exec(file) ?? [];
    if (language) template.localization.add(language, words(content.toString()));
  }
  return (serialNumber) => template.createPass({ serialNumber }).asBuffer();
}

function words(text) {
  const lines = text.matchAll(/"((?:[^"\\]|\\.)*)" = "((?:[^"\\]|\\.)*)";\n/gsu);
  return Object.fromEntries([...lines].map(([, key, meant]) => [plain(key), plain(meant)]));
}

function plain(text) {
  return text.replace(/\\(.)/gsu, (_, character) => ({ n: "\n", r: "\r" })[character] ?? character);
}

const build = await { "passkit-generator": passkitGenerator, "pass-js": passJs }[name]();
let made = await build("000000000000");
let passes = 0;
const begun = process.cpuUsage();
const used = () => {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
};
while (passes < LEAST_PASSES || used() < Number(seconds)) {
  passes += 1;
  made = await build(String(passes).padStart(12, "0"));
}
const took = used();
writeFileSync(join(folder, "made.pkpass"), made);
console.log(JSON.stringify({ passes, seconds: took }));
