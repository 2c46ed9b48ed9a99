"""Checks that a keyservice is healthy, encrypts and decrypts with one of its keys, makes a data key;
once, or again and again.
"""

import json
import os
import sys
import time
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from keyservice.v1 import crypto_service_pb2 as crypto
from keyservice.v1 import crypto_service_pb2_grpc as crypto_grpc

# What is repeated, and what is not. Calls of CryptoService change nothing, so one that met a service
# that is UNAVAILABLE may be sent again, after a random pause that grows. No other code is repeated:
# the answer would be the same. Calls of KeyService that change keys do not belong here: when their
# answer is lost, the change may have been made.
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "keyservice.v1.CryptoService"}],
            "waitForReady": True,
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}

# How long the caller waits for one call, repetitions included, in seconds.
DEADLINE = 5


class KeyService:
    """A connection on which both sides prove who they are.

    A channel keeps the certificate that it began with, so there is a new one when a file has changed:
    ask for `channel` for every call, or at least now and then.
    """

    def __init__(self, address, ca_file, cert_file, key_file):
        self._address = address
        self._files = [Path(file) for file in (ca_file, key_file, cert_file)]
        self._seen = None
        self._channel = None

    @property
    def channel(self):
        seen = [file.stat().st_mtime_ns for file in self._files]
        if seen != self._seen:
            # Calls in progress go on over the channel before, which ends when nobody has it any more.
            ca, key, cert = (file.read_bytes() for file in self._files)
            self._channel = grpc.secure_channel(
                self._address,
                grpc.ssl_channel_credentials(ca, key, cert),
                options=[("grpc.service_config", json.dumps(SERVICE_CONFIG))],
            )
            self._seen = seen
        return self._channel


def check_health(channel):
    # Health is asked for what it is now, so it is not repeated, but a connection is waited for.
    answer = health_pb2_grpc.HealthStub(channel).Check(
        health_pb2.HealthCheckRequest(), timeout=DEADLINE, wait_for_ready=True
    )
    print("health:", health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def encrypt_and_decrypt(channel, key):
    stub = crypto_grpc.CryptoServiceStub(channel)
    plaintext = b"attack at dawn"
    # Whoever decrypts has to name the same row: a ciphertext that was moved does not open.
    row = b"orders/42"
    sealed = stub.Encrypt(
        crypto.EncryptRequest(name=key, plaintext=plaintext, additional_authenticated_data=row),
        timeout=DEADLINE,
    )
    opened = stub.Decrypt(
        crypto.DecryptRequest(
            name=key, ciphertext=sealed.ciphertext, additional_authenticated_data=row
        ),
        timeout=DEADLINE,
    )
    if opened.plaintext != plaintext:
        raise RuntimeError("another plaintext came back")
    print(f"encrypted {len(plaintext)} bytes with {sealed.name}, and decrypted them")


def make_data_key(channel, key):
    made = crypto_grpc.CryptoServiceStub(channel).GenerateDataKey(
        crypto.GenerateDataKeyRequest(name=key), timeout=DEADLINE
    )
    # Encrypt data with the plaintext, forget it, and keep the ciphertext beside the data.
    print(f"data key of {len(made.plaintext)} bytes, {len(made.ciphertext)} bytes encrypted")


def explain(error):
    """What was refused, with its reason, which is what programs should branch on."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return f"{error.details()} ({error.code().name}, {info.reason})"
    return f"{error.details()} ({error.code().name})"


def do_round(service, key):
    check_health(service.channel)
    encrypt_and_decrypt(service.channel, key)
    make_data_key(service.channel, key)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].count("/") != 1:
        sys.exit("usage: example.py RING/KEY [SECONDS]")
    ring, key_id = sys.argv[1].split("/")
    key = f"keyRings/{ring}/cryptoKeys/{key_id}"
    service = KeyService(
        os.environ["KEYSERVICE_ADDRESS"],
        os.environ["KEYSERVICE_TLS_CA_FILE"],
        os.environ["KEYSERVICE_TLS_CERT_FILE"],
        os.environ["KEYSERVICE_TLS_KEY_FILE"],
    )
    if len(sys.argv) == 2:
        try:
            do_round(service, key)
        except grpc.RpcError as error:
            sys.exit(explain(error))
        return
    while True:
        try:
            do_round(service, key)
        except grpc.RpcError as error:
            print(explain(error), file=sys.stderr)
        time.sleep(float(sys.argv[2]))


if __name__ == "__main__":
    main()
