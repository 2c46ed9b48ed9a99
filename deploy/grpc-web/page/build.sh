#!/bin/sh
# Makes the page for the Envoy at ADDRESS, in target/grpc-web/site, with what it takes in
# target/grpc-web/page. PROTOC is the compiler: a build leaves one in target/, as it does the protos.
set -eu
cd "$(dirname "$0")"

case ${1:-} in
  https://*) address=$1 ;;
  *) echo "Usage: build.sh ADDRESS, such as https://localhost:8444" >&2; exit 2 ;;
esac
case $address in
  *[!A-Za-z0-9.:/-]* | https://*/*) echo "build.sh: '$address' is not https://HOST:PORT" >&2; exit 2 ;;
esac

target=$(cd ../../.. && pwd -P)/target
build=$target/grpc-web/page
site=$target/grpc-web/site
protos=$target/include
mkdir -p "$build/generated" "$site"
cp package.json package-lock.json page.js "$build/"
if ! cmp -s package-lock.json "$build/node_modules/installed"; then
  npm ci --no-audit --no-fund --ignore-scripts --prefix "$build"
  cp package-lock.json "$build/node_modules/installed"
fi

"${PROTOC:-protoc}" -I "$protos" \
  --plugin=protoc-gen-es="$build/node_modules/.bin/protoc-gen-es" \
  --es_out="$build/generated" --es_opt=target=js,import_extension=js \
  keyservice/v1/crypto_service.proto keyservice/v1/requirements.proto \
  google/api/field_behavior.proto google/api/resource.proto \
  google/rpc/error_details.proto google/rpc/status.proto

"$build/node_modules/.bin/esbuild" "$build/page.js" --bundle --format=esm --target=es2022 --minify \
  --log-level=warning --outfile="$site/page.js"
cp page.css "$site/"
sed "s|https://localhost:8444|$address|g" index.html >"$site/index.html"
