#!/usr/bin/env bash
# Runs every example against the packaged service, renews their certificates while they run, and
# revokes the old ones. What is downloaded stays in target/examples.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR source=../testing.sh
. ../testing.sh

needs_a_build
built=$project/target/examples
export PROTOS=$project/target/include
mkdir -p "$built"
# Of the examples that could be built, how each is run.
languages=()

# --- Build them ----------------------------------------------------------------------------------

# sources LANGUAGE: a copy to build in, so that nothing is left beside the sources
sources() {
  mkdir -p "$built/$1"
  cp -Rp "$1/." "$built/$1"
}

# build LANGUAGE COMMAND...
build() {
  local language=$1
  shift
  if "$@" >"$work/$language.build" 2>&1; then
    languages+=("$language")
  else
    fail "the example in $language builds" "$work/$language.build"
  fi
}

prepare_go() {
  if ! has go; then skip "the example in Go" go && return; fi
  sources go
  if ! (cd "$built/go" && go mod download) >"$work/go.build" 2>&1; then
    skip "the example in Go" "its modules, which could not be downloaded" && return
  fi
  PROTOC=$(find_protoc)
  export PROTOC
  build go build_go
}
build_go() { cd "$built/go" && ./generate.sh && go build -o example . && cd - >/dev/null; }
run_go() { exec "$built/go/example" "$1" ${2:+"${2}s"}; }

prepare_python() {
  if ! has python3; then skip "the examples in Python" python3 && return; fi
  sources python
  if ! install_python >"$work/python.build" 2>&1; then
    skip "the examples in Python" "their packages, which could not be installed" && return
  fi
  build python env PATH="$built/python/.venv/bin:$PATH" "$built/python/generate.sh"
}
install_python() {
  cd "$built/python"
  if ! cmp -s requirements.txt .venv/installed; then
    rm -rf .venv
    python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt &&
      cp requirements.txt .venv/installed || return
  fi
  cd - >/dev/null
}
run_python() { exec "$built/python/.venv/bin/python" "$built/python/example.py" "$@"; }

prepare_node() {
  if ! has npm; then skip "the example in Node" npm && return; fi
  sources node
  if ! install_node >"$work/node.build" 2>&1; then
    skip "the example in Node" "its packages, which could not be installed" && return
  fi
  build node node --check "$built/node/example.js"
}
install_node() {
  cmp -s "$built/node/package-lock.json" "$built/node/node_modules/installed" && return
  npm ci --ignore-scripts --prefix "$built/node" &&
    cp "$built/node/package-lock.json" "$built/node/node_modules/installed"
}
run_node() { exec node "$built/node/example.js" "$@"; }

prepare_java() {
  sources java
  build java build_java
}
build_java() {
  local jar=$built/java/target/keyservice-example-1.jar
  if [[ -f $jar && -z $(find "$built/java/src" "$built/java/pom.xml" "$PROTOS/keyservice" -newer "$jar") ]]; then return; fi
  "$project/mvnw" -B -q -f "$built/java/pom.xml" -Dprotos="$PROTOS" package
}
run_java() {
  exec "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -jar "$built/java/target/keyservice-example-1.jar" "$@"
}

prepare_go
prepare_python
prepare_node
prepare_java
# The one that the build has found, which need not be the first on the path.
java=$("$project/mvnw" -v | sed -n 's/^Java version:.*runtime: //p')/bin/java

# --- A CA that renews and revokes ----------------------------------------------------------------

../certs/generate-certs.sh --out "$work/certs" admin "${languages[@]}" >/dev/null
cat >"$work/ca.cnf" <<CNF
[ca]
default_ca = this
[this]
database = $work/index.txt
crlnumber = $work/crlnumber
default_md = sha256
default_crl_days = 1
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[req]
distinguished_name = subject
[subject]
CNF
: >"$work/index.txt"
echo 01 >"$work/crlnumber"

with_ca() {
  openssl ca -config "$work/ca.cnf" -cert "$work/certs/ca.pem" -keyfile "$work/certs/ca-key.pem" "$@" 2>/dev/null
}

publish_revocations() {
  with_ca -gencrl -out "$work/crl.new"
  mv "$work/crl.new" "$work/crl.pem"
}

# renew CLIENT: a new key and certificate take the place of those there, which are kept aside
renew() {
  local certs=$work/certs
  (umask 077 && openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/new-key.pem")
  openssl req -new -config "$work/ca.cnf" -subj "/CN=$1" -key "$work/new-key.pem" |
    openssl x509 -req -sha256 -days 1 -CA "$certs/ca.pem" -CAkey "$certs/ca-key.pem" \
      -set_serial "0x40$(openssl rand -hex 15)" -extfile "$work/ca.cnf" -extensions client \
      -out "$work/new.pem" 2>/dev/null
  cp "$certs/$1.pem" "$certs/old-$1.pem"
  cp "$certs/$1-key.pem" "$certs/old-$1-key.pem"
  mv "$work/new-key.pem" "$certs/$1-key.pem"
  mv "$work/new.pem" "$certs/$1.pem"
}

# --- The service ---------------------------------------------------------------------------------

callers=$(printf '"cn:%s", ' "${languages[@]}")
cat >"$work/policy.yaml" <<YAML
bindings:
  - {name: admin, callers: ["cn:admin"], roles: [key-admin], keys: ["*/*"]}
  - {name: examples, callers: [${callers%, }], roles: [encrypter, decrypter], keys: ["app/*"]}
  - name: token
    callers: [{issuer: "https://idp.example", subject: worker}]
    roles: [encrypter, decrypter]
    keys: ["app/*"]
YAML
publish_revocations
new_issuer https://idp.example
# Connections end soon, so that the clients that keep theirs come to use their new certificate.
start_service KEYSERVICE_TLS_CRL_FILE=crl.pem KEYSERVICE_LIMITS_CONNECTION_AGE=3s \
  KEYSERVICE_TLS_CLIENT_AUTH=optional KEYSERVICE_ISSUERS_FILE=issuers.yaml
for key in app/cards other/cards; do as admin "$keyservice" key create "$key" >/dev/null; done

# --- Each by itself ------------------------------------------------------------------------------

for language in "${languages[@]}"; do
  (as "$language" "run_$language" app/cards) >"$work/$language.once" 2>&1 || true
  echo "$language:"
  sed 's/^/  /' "$work/$language.once"
  holds "$language: health" "$work/$language.once" "health: SERVING"
  holds "$language: encrypt and decrypt" "$work/$language.once" \
    "encrypted 14 bytes with keyRings/app/cryptoKeys/cards/cryptoKeyVersions/1, and decrypted them"
  holds "$language: data key" "$work/$language.once" "data key of 32 bytes, 77 bytes encrypted"
  (as "$language" "run_$language" other/cards) >"$work/$language.denied" 2>&1 || true
  holds "$language: shows the reason of a refusal" "$work/$language.denied" ", PERMISSION_DENIED)"
done

# --- New certificates while they run -------------------------------------------------------------

rounds() { grep -c '^data key' "$work/$1.rounds" || true; }
# One more than there were when this was asked.
goes_on() { (($(rounds "$1") > ${before[$1]})); }

declare -A pids before
for language in "${languages[@]}"; do
  background "$work/$language.rounds" as "$language" "run_$language" app/cards 0.3
  pids[$language]=$started_pid
  before[$language]=0
done
for language in "${languages[@]}"; do wait_for 20 goes_on "$language" || true; done
for language in "${languages[@]}"; do renew "$language"; done
# They look at their files every 5 s, and then the connection must reach its age of 3 s.
sleep 10
for language in "${languages[@]}"; do with_ca -revoke "$work/certs/old-$language.pem"; done
publish_revocations
old_is_refused() { ! as "old-$1" "$keyservice" whoami; }
for language in "${languages[@]}"; do
  check "$language: its old certificate is refused" wait_for 15 old_is_refused "$language"
done
for language in "${languages[@]}"; do before[$language]=$(($(rounds "$language") + 1)); done
for language in "${languages[@]}"; do
  check "$language: goes on with its new certificate" wait_for 10 goes_on "$language"
  kill "${pids[$language]}" 2>/dev/null || true
  grep -vE '^(health: SERVING|encrypted 14 bytes|data key of 32)' "$work/$language.rounds" >"$work/$language.failed" || true
  if [[ -s $work/$language.failed ]]; then
    fail "$language: none of its rounds failed meanwhile" "$work/$language.failed"
  else
    pass "$language: none of its $(rounds "$language") rounds failed meanwhile"
  fi
done

# --- With a token --------------------------------------------------------------------------------

with_token() {
  KEYSERVICE_ADDRESS=$address KEYSERVICE_TLS_CA_FILE=$work/certs/ca.pem KEYSERVICE_TOKEN_FILE=$work/token \
    "$built/python/.venv/bin/python" "$built/python/with_token.py" app/cards >"$work/token.log" 2>&1 || true
}

if [[ " ${languages[*]} " == *" python "* ]]; then
  (umask 077 && new_token worker 300 >"$work/token")
  with_token
  echo "python, with a token:"
  sed 's/^/  /' "$work/token.log"
  holds "python, with a token: is known by it" "$work/token.log" "known as token:https://idp.example#worker"
  holds "python, with a token: encrypt and decrypt" "$work/token.log" ", and decrypted them"
  new_token worker -60 >"$work/token"
  with_token
  holds "python, with a token: one that is over is refused" "$work/token.log" "(UNAUTHENTICATED, TOKEN_REFUSED)"
fi
