// In place of the service: prints each connection and what Envoy passes on, a header a line. Calls that may
// take 300 ms are not answered. headers.js PORT CERT KEY CA
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const [port, cert, key, ca] = process.argv.slice(2);

const server = createSecureServer({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ca: readFileSync(ca),
  requestCert: true,
  minVersion: "TLSv1.3",
});
server.on("session", () => console.log("connection"));
server.on("stream", (stream, headers) => {
  for (const [name, value] of Object.entries(headers)) console.log(`${name}: ${value}`);
  stream.on("error", () => {});
  if (headers["grpc-timeout"] === "300m") return;
  stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "0" }, { endStream: true });
});
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
