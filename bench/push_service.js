// Apple's push service as quick as this machine can play it: HTTP/2 by nghttp2, client
// certificates, and 200 to every push. Run with a JSON of {key, certificate, root} on its standard
// input; says its port.

import http2 from "node:http2";

let told = "";
process.stdin.on("data", (text) => (told += text));
process.stdin.on("end", () => {
  const given = JSON.parse(told);
  const server = http2.createSecureServer({
    key: given.certificate,
    cert: given.certificate,
    ca: given.root,
    requestCert: true,
    rejectUnauthorized: true,
    settings: { maxConcurrentStreams: 1000 },
    maxSessionMemory: 1000,
  });
  let taken = 0;
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    stream.resume();
    taken += 1;
    const id = taken.toString(16).padStart(32, "0");
    stream.respond({ ":status": 200, "apns-id": id }, { endStream: true });
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
});
