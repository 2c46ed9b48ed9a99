#!/bin/sh
# Generates the client from the protos of a build, into keyservicev1/.
# PROTOS is where they are, PROTOC the compiler: a build leaves both in target/.
set -eu
cd "$(dirname "$0")"

protos=${PROTOS:-../../../target/include}
names="resources requirements crypto_service"

# These protos name no Go package, so it is given here for each file.
mapping=
for name in $names; do
  mapping="$mapping,Mkeyservice/v1/$name.proto=example/keyservicev1"
done

# shellcheck disable=SC2046,SC2086 # one argument for each file
"${PROTOC:-protoc}" -I "$protos" \
  --plugin=protoc-gen-go="$(go tool -n protoc-gen-go)" \
  --plugin=protoc-gen-go-grpc="$(go tool -n protoc-gen-go-grpc)" \
  --go_out=. --go_opt="module=example$mapping" \
  --go-grpc_out=. --go-grpc_opt="module=example$mapping" \
  $(printf 'keyservice/v1/%s.proto ' $names)
