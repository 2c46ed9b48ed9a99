#!/bin/sh
# Generates the client from the protos of a build, into keyservice/.
# PROTOS is where they are: a build leaves them in target/.
set -eu
cd "$(dirname "$0")"

# The classes of google/api and google/rpc come with googleapis-common-protos.
python3 -m grpc_tools.protoc -I "${PROTOS:-../../../target/include}" \
  --python_out=. --grpc_python_out=. \
  keyservice/v1/resources.proto keyservice/v1/requirements.proto \
  keyservice/v1/crypto_service.proto keyservice/v1/access_service.proto
