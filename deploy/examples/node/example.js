// Checks that a keyservice is healthy, encrypts and decrypts with one of its keys, makes a data key;
// once, or again and again.

import { readFileSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

// Where the build of keyservice leaves its protos and those that they need.
const PROTOS = process.env.PROTOS ?? new URL("../../../target/include", import.meta.url).pathname;

// What is repeated, and what is not. Calls of CryptoService change nothing, so one that met a
// service that is UNAVAILABLE may be sent again, after a random pause that grows. No other code is
// repeated: the answer would be the same. Calls of KeyService that change keys do not belong here:
// when their answer is lost, the change may have been made.
const SERVICE_CONFIG = {
  methodConfig: [
    {
      name: [{ service: "keyservice.v1.CryptoService" }],
      waitForReady: true,
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.1s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

// How long the caller waits for one call, repetitions included, in milliseconds.
const DEADLINE = 5000;

const { keyservice, google } = grpc.loadPackageDefinition(
  protoLoader.loadSync(
    ["keyservice/v1/crypto_service.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"],
    { includeDirs: [PROTOS] },
  ),
);

// grpc.health.v1 is not among the protos of keyservice. This is all of it that is asked for here.
const HEALTH = {
  HealthCheckRequest: { fields: { service: { type: "string", id: 1 } } },
  HealthCheckResponse: {
    fields: { status: { type: "ServingStatus", id: 1 } },
    nested: { ServingStatus: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2 } } },
  },
  Health: {
    methods: { Check: { requestType: "HealthCheckRequest", responseType: "HealthCheckResponse" } },
  },
};
const health = grpc.loadPackageDefinition(
  protoLoader.fromJSON(
    { nested: { grpc: { nested: { health: { nested: { v1: { nested: HEALTH } } } } } } },
    { enums: String, defaults: true },
  ),
).grpc.health.v1;

// A connection on which both sides prove who they are. A client keeps the certificate that it began
// with, so there is a new one when a file has changed: ask for `clients()` for every call, or at
// least now and then.
class KeyService {
  #address;
  #files;
  #seen;
  #clients;

  constructor(address, caFile, certFile, keyFile) {
    this.#address = address;
    this.#files = [caFile, keyFile, certFile];
  }

  clients() {
    const seen = this.#files.map((file) => statSync(file, { bigint: true }).mtimeNs).join();
    if (seen !== this.#seen) this.#connect(seen);
    return this.#clients;
  }

  #connect(seen) {
    const [ca, key, cert] = this.#files.map((file) => readFileSync(file));
    let credentials;
    try {
      credentials = grpc.credentials.createSsl(ca, key, cert, { minVersion: "TLSv1.3" });
    } catch (error) {
      // Half replaced: a key that does not fit the certificate yet. The next call looks again.
      if (this.#clients) return;
      throw error;
    }
    const options = { "grpc.service_config": JSON.stringify(SERVICE_CONFIG) };
    const before = this.#clients;
    this.#clients = {
      crypto: new keyservice.v1.CryptoService(this.#address, credentials, options),
      health: new health.Health(this.#address, credentials, options),
    };
    this.#seen = seen;
    // What is in progress ends on the connection where it began.
    closeAll(before);
  }

  close() {
    closeAll(this.#clients);
  }
}

function closeAll(clients) {
  for (const client of Object.values(clients ?? {})) client.close();
}

function call(client, method, request, options = {}) {
  const metadata = new grpc.Metadata(options);
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + DEADLINE }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

async function checkHealth(client) {
  // Health is asked for what it is now, so it is not repeated, but a connection is waited for.
  const answer = await call(client, "Check", {}, { waitForReady: true });
  console.log("health:", answer.status);
}

async function encryptAndDecrypt(crypto, key) {
  const plaintext = Buffer.from("attack at dawn");
  // Whoever decrypts has to name the same row: a ciphertext that was moved does not open.
  const row = Buffer.from("orders/42");
  const sealed = await call(crypto, "Encrypt", {
    name: key,
    plaintext,
    additionalAuthenticatedData: row,
  });
  const opened = await call(crypto, "Decrypt", {
    name: key,
    ciphertext: sealed.ciphertext,
    additionalAuthenticatedData: row,
  });
  if (!plaintext.equals(opened.plaintext)) throw new Error("another plaintext came back");
  console.log(`encrypted ${plaintext.length} bytes with ${sealed.name}, and decrypted them`);
}

async function makeDataKey(crypto, key) {
  const made = await call(crypto, "GenerateDataKey", { name: key });
  const [length, encrypted] = [made.plaintext.length, made.ciphertext.length];
  // Encrypt data with the plaintext, erase it, and keep the ciphertext beside the data.
  made.plaintext.fill(0);
  console.log(`data key of ${length} bytes, ${encrypted} bytes encrypted`);
}

async function round(service, key) {
  await checkHealth(service.clients().health);
  await encryptAndDecrypt(service.clients().crypto, key);
  await makeDataKey(service.clients().crypto, key);
}

// What was refused, with its reason, which is what programs should branch on.
function explain(error) {
  const [status] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const why = [grpc.status[error.code], status && reason(status)].filter(Boolean);
  return `${error.details ?? error.message} (${why.join(", ")})`;
}

function reason(status) {
  const info = google.rpc.Status.deserialize(status).details.find(({ type_url }) =>
    type_url.endsWith("/google.rpc.ErrorInfo"),
  );
  return info && google.rpc.ErrorInfo.deserialize(info.value).reason;
}

const [path = "", seconds] = process.argv.slice(2);
const [ring, id] = path.split("/");
if (!ring || !id) {
  console.error("usage: node example.js RING/KEY [SECONDS]");
  process.exit(2);
}
const key = `keyRings/${ring}/cryptoKeys/${id}`;
const service = new KeyService(
  process.env.KEYSERVICE_ADDRESS,
  process.env.KEYSERVICE_TLS_CA_FILE,
  process.env.KEYSERVICE_TLS_CERT_FILE,
  process.env.KEYSERVICE_TLS_KEY_FILE,
);
do {
  try {
    await round(service, key);
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
  if (seconds) await pause(Number(seconds) * 1000);
} while (seconds);
service.close();
