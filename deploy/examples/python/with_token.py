"""Encrypts and decrypts as a caller that has a bearer token and no certificate."""

import os
import sys
from pathlib import Path

import grpc
from keyservice.v1 import access_service_pb2 as access
from keyservice.v1 import access_service_pb2_grpc as access_grpc

from example import DEADLINE, encrypt_and_decrypt, explain


class TokenFile(grpc.AuthMetadataPlugin):
    """Sends the token that the file holds at each call, since whoever renews it writes it there.

    gRPC does not send it over a connection without TLS.
    """

    def __init__(self, file):
        self._file = Path(file)

    def __call__(self, context, callback):
        try:
            token = self._file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError) as unreadable:
            callback((), unreadable)
            return
        callback((("authorization", f"Bearer {token}"),), None)


def main():
    if len(sys.argv) != 2 or sys.argv[1].count("/") != 1:
        sys.exit("usage: with_token.py RING/KEY")
    ring, key_id = sys.argv[1].split("/")
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(Path(os.environ["KEYSERVICE_TLS_CA_FILE"]).read_bytes()),
        grpc.metadata_call_credentials(TokenFile(os.environ["KEYSERVICE_TOKEN_FILE"])),
    )
    with grpc.secure_channel(os.environ["KEYSERVICE_ADDRESS"], credentials) as channel:
        try:
            stub = access_grpc.AccessServiceStub(channel)
            me = stub.WhoAmI(access.WhoAmIRequest(), timeout=DEADLINE)
            print("known as", me.caller_id)
            encrypt_and_decrypt(channel, f"keyRings/{ring}/cryptoKeys/{key_id}")
        except grpc.RpcError as error:
            sys.exit(explain(error))


if __name__ == "__main__":
    main()
