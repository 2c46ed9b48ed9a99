# Sourced by the checks of what is not Java, deploy/*/test.sh: how they report, a directory and
# processes that are gone at the end, and a packaged service with certificates to try things on.
# What else has to be taken away at the end, a check does in a function clean_up.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
keyservice=$project/deploy/bin/keyservice
work=$(mktemp -d)
started=()
failures=0
trap end EXIT
trap 'exit 130' INT TERM

end() {
  local status=$?
  local pid
  if declare -F clean_up >/dev/null; then clean_up || true; fi
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
  if [[ $status == 0 && $failures != 0 ]]; then exit 1; fi
}

pass() { echo "PASS $1"; }
skip() { echo "SKIP $1: $2"; }

# fail SENTENCE [FILE]: with what the file says about it
fail() {
  echo "FAIL $1"
  failures=$((failures + 1))
  if [[ -s ${2:-} ]]; then tail -n 20 "$2" | sed 's/^/     /'; fi
}

# check SENTENCE COMMAND...: what it writes is shown when it fails
check() {
  local sentence=$1
  shift
  if "$@" >"$work/check.log" 2>&1; then pass "$sentence"; else fail "$sentence" "$work/check.log"; fi
}

# holds SENTENCE FILE WORDS: whether the file has them
holds() {
  if grep -qF -- "$3" "$2"; then pass "$1"; else fail "$1" "$2"; fi
}

has() { type -P "$1" >/dev/null; }

needs_a_build() {
  if [[ -d $project/target/include && (-f $project/target/quarkus-app/quarkus-run.jar || -n $(native)) ]]; then return; fi
  echo "FAIL nothing is built: run ./mvnw package -DskipUnitTests first"
  exit 1
}

native() { compgen -G "$project/target/keyservice-*-runner" || true; }

# That of the machine, or the one that the build has downloaded.
find_protoc() { command -v protoc || compgen -G "$project/target/com.google.protobuf-protoc-*" | head -n 1; }

# A port that nobody listens on at this moment.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then return 1; fi
    sleep 0.2
  done
}

# background LOG COMMAND...: what it was started as is in $started_pid
background() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  started_pid=$!
  started+=("$started_pid")
}

# start_service NAME=VALUE...: on $address, with the files of $work, once policy.yaml is there.
# The settings given come after the ones here.
start_service() {
  local port management
  port=$(free_port)
  management=$(free_port)
  address=localhost:$port
  management=127.0.0.1:$management
  (umask 077 && mkdir -p "$work/root-keys" && head -c 32 /dev/urandom >"$work/root-keys/root-1.key")
  background "$work/service.log" env -C "$work" \
    KEYSERVICE_LISTEN="127.0.0.1:$port" \
    QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT="${management#*:}" \
    KEYSERVICE_TLS_CA_FILE=certs/ca.pem KEYSERVICE_TLS_CERT_FILE=certs/server.pem \
    KEYSERVICE_TLS_KEY_FILE=certs/server-key.pem \
    KEYSERVICE_ROOT_KEYS_ACTIVE=root-1 KEYSERVICE_ROOT_KEYS_DIR=root-keys \
    KEYSERVICE_STORE_PATH=keyservice.db KEYSERVICE_AUDIT_DIR=audit \
    KEYSERVICE_POLICY_FILE=policy.yaml "$@" "$keyservice" serve
  if ! wait_for 60 grep -q 'keyservice is ready' "$work/service.log"; then
    fail "the service starts" "$work/service.log"
    exit 1
  fi
  echo "The service ($([[ -n $(native) ]] && echo native || echo jar)) is ready on $address"
}

# as CLIENT COMMAND...: with its certificate of $work/certs
as() {
  local client=$1
  shift
  KEYSERVICE_ADDRESS=$address KEYSERVICE_TLS_CA_FILE=$work/certs/ca.pem \
    KEYSERVICE_TLS_CERT_FILE=$work/certs/$client.pem \
    KEYSERVICE_TLS_KEY_FILE=$work/certs/$client-key.pem "$@"
}

# --- Containers ----------------------------------------------------------------------------------

# Without what it says where there is no systemd.
podman() { command podman "$@" 2> >(grep -vE 'systemd connection|connect to syslog' >&2); }

# status_is PID FIELD VALUE: what the kernel says of the process
status_is() { grep -qE "^$2:[[:space:]]+$3" "/proc/$1/status"; }

mib() { echo $(($1 >> 20)) MiB; }

# peak PID: the most memory that its control group had, in either version of them
peak() {
  local group
  group=$(sed -nE 's/^([0-9]+:memory|0:):(.*)/\2/p' "/proc/$1/cgroup" | head -n 1)
  mib "$(cat "/sys/fs/cgroup/memory$group/memory.max_usage_in_bytes" "/sys/fs/cgroup$group/memory.peak" 2>/dev/null |
    head -n 1)"
}

# --- An issuer of tokens -------------------------------------------------------------------------

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# new_issuer ISSUER: its key, its key set, and issuers.yaml that accepts it, in $work
new_issuer() {
  issuer=$1
  (umask 077 && openssl genrsa -out "$work/issuer-key.pem" 2048 2>/dev/null)
  local modulus
  modulus=$(openssl rsa -in "$work/issuer-key.pem" -noout -modulus)
  # shellcheck disable=SC2001,SC2059 # the bytes are escapes in the format
  modulus=$(printf "$(sed 's/../\\x&/g' <<<"${modulus#*=}")" | base64url)
  echo "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"1\",\"e\":\"AQAB\",\"n\":\"$modulus\"}]}" \
    >"$work/jwks.json"
  cat >"$work/issuers.yaml" <<YAML
issuers:
  - {issuer: "$issuer", jwks: jwks.json, algorithms: [RS256], audience: [keyservice], type: [at+jwt]}
YAML
}

# new_token SUBJECT SECONDS: that it is good for, less than nothing if it is over
new_token() {
  local now head body
  now=$(date +%s)
  head=$(printf '{"alg":"RS256","typ":"at+jwt","kid":"1"}' | base64url)
  body=$(printf '{"iss":"%s","sub":"%s","aud":"keyservice","iat":%d,"exp":%d}' \
    "$issuer" "$1" "$((now - 300))" "$((now + $2))" | base64url)
  echo "$head.$body.$(printf '%s' "$head.$body" | openssl dgst -sha256 -sign "$work/issuer-key.pem" | base64url)"
}
