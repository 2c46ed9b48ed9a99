// Encrypts and decrypts over gRPC-Web. The token is in its field and nowhere else: not in storage, not in
// the address, and gone with the page.
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ErrorInfoSchema } from "./generated/google/rpc/error_details_pb.js";
import { CryptoService } from "./generated/keyservice/v1/crypto_service_pb.js";

// A call that is not answered by then is given up.
const TIMEOUT_MS = 5000;

const field = (id) => document.getElementById(id);
const bytes = (text) => new TextEncoder().encode(text);

function client() {
  return createClient(CryptoService, createGrpcWebTransport({ baseUrl: field("address").value }));
}

function options() {
  const token = field("token").value.trim();
  return { timeoutMs: TIMEOUT_MS, headers: token ? { authorization: `Bearer ${token}` } : {} };
}

function keyName() {
  const [ring, key] = field("key").value.split("/");
  return `keyRings/${ring}/cryptoKeys/${key}`;
}

async function encrypt() {
  const answer = await client().encrypt(
    {
      name: keyName(),
      plaintext: bytes(field("text").value),
      additionalAuthenticatedData: bytes(field("aad").value),
    },
    options(),
  );
  field("ciphertext").value = base64Encode(answer.ciphertext);
  return `encrypted with ${answer.name}`;
}

async function decrypt() {
  const answer = await client().decrypt(
    {
      name: keyName(),
      ciphertext: base64Decode(field("ciphertext").value.trim()),
      additionalAuthenticatedData: bytes(field("aad").value),
    },
    options(),
  );
  return new TextDecoder("utf-8", { fatal: true }).decode(answer.plaintext);
}

// Such as "UNAUTHENTICATED TOKEN_REFUSED: …". The reason is the service's; Envoy gives none.
function refusal(error) {
  if (!(error instanceof ConnectError)) return `not sent: ${error.message}`;
  const code = Code[error.code].replace(/\B[A-Z]/g, "_$&").toUpperCase();
  const reasons = error.findDetails(ErrorInfoSchema).map((info) => ` ${info.reason}`);
  return `${code}${reasons.join("")}: ${error.rawMessage}`;
}

// What was received is text, never markup.
function show(status, result) {
  field("status").textContent = status;
  field("result").textContent = result;
}

async function run(call) {
  const main = document.querySelector("main");
  main.ariaBusy = "true";
  show("", "");
  try {
    show("OK", await call());
  } catch (error) {
    show(refusal(error), "");
  } finally {
    main.ariaBusy = "false";
  }
}

field("encrypt").addEventListener("click", () => run(encrypt));
field("decrypt").addEventListener("click", () => run(decrypt));
