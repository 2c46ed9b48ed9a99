#!/usr/bin/env bash
# What of compose.yaml can be run without the images of others: the file against the schema; setup,
# keyservice and cli by podman-compose; and a Prometheus of this machine with the very prometheus.yml.
# Not run: jaeger, prometheus and grafana as containers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

failed=0
pass() { echo "PASS $*"; }
fail() { echo "FAIL $*"; failed=1; }
# check SENTENCE COMMAND...
check() {
  local sentence=$1
  shift
  if "$@"; then pass "$sentence"; else fail "$sentence"; fi
}

project=keyservice-compose-test-$$
work=$(mktemp -d)
prometheus=
GRPC_PORT=
clean_up() {
  [[ -z $prometheus ]] || kill "$prometheus" 2>/dev/null || true
  [[ -z $GRPC_PORT ]] || compose --profile cli down -v -t 0 >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# tool COMMAND PACKAGE: prints where the command is: on the path, or in an environment that is kept
tools=$PWD/../../target/compose/tools
tool() {
  if command -v "$1"; then return; fi
  if [[ ! -x $tools/bin/$1 ]]; then
    { python3 -m venv "$tools" && "$tools/bin/pip" install -q "$2"; } >/dev/null 2>&1 || return 1
  fi
  echo "$tools/bin/$1"
}

compose() { "$podman_compose" -p "$project" -f compose.yaml "$@"; }
container() { podman ps -a -q --filter "label=io.podman.compose.project=$project" \
  --filter "label=com.docker.compose.service=$1" | head -n 1; }
state() { podman inspect --format "{{.$2}}" "$(container "$1")"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_true SECONDS COMMAND...
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.5
  done
}

schema() {
  local checker
  if ! checker=$(tool check-jsonschema check-jsonschema); then
    echo "SKIP compose.yaml fits the schema of the Compose specification: check-jsonschema"
    return
  fi
  check "compose.yaml fits the schema of the Compose specification" \
    "$checker" --builtin-schema vendor.compose-spec compose.yaml
}

# Everything that listens is published on loopback only, and everything is confined.
confined() {
  python3 - compose.yaml <<'PYTHON'
import sys, yaml
services = yaml.safe_load(open(sys.argv[1]))["services"]
for name, service in services.items():
    assert service["read_only"] is True, name
    assert service["cap_drop"] == ["ALL"], name
    assert service["security_opt"] == ["no-new-privileges:true"], name
    assert "mem_limit" in service, name
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), f"{name}: {port}"
assert not any("9000" in port for s in services.values() for port in s.get("ports", []))
PYTHON
}

healthy() { podman healthcheck run "$(container keyservice)"; }

run_service() {
  GRPC_PORT=$(free_port)
  export GRPC_PORT
  compose up -d keyservice >"$work/up" 2>&1 || cat "$work/up"
  check "setup makes certificates, root key and policy, and ends with 0" \
    test "$(state setup State.ExitCode)" = 0
  check "keyservice is healthy" until_true 60 healthy
  check "keyservice has a root file system that cannot be written and 192 MiB" test \
    "$(state keyservice HostConfig.ReadonlyRootfs) $(state keyservice HostConfig.Memory)" = "true 201326592"
  check "cli shows the demonstration" cli demo --address
  check "a key of the one run is there in the next" cli key get demo/letters
  compose down -t 30 >/dev/null 2>&1
  compose up -d keyservice >"$work/up" 2>&1 || cat "$work/up"
  check "after down and up keyservice is healthy again" until_true 60 healthy
  check "what was stored is still there" cli demo --address
  grep -q 'is there already' "$work/cli" || fail "the key was created anew"
}

cli() {
  compose --profile cli run --rm --no-deps -T cli "$@" >"$work/cli" 2>&1 && return
  cat "$work/cli"
  return 1
}

query() { curl -fsS --get "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1"; }
is_up() { query 'up{job="keyservice"} == 1' | grep -q '"instance":"keyservice:9000"'; }
same_rules() {
  local loaded
  loaded=$(curl -fsS "http://127.0.0.1:$port/api/v1/rules?type=alert" | grep -o '"type":"alerting"' | wc -l)
  echo "$loaded rules are loaded"
  [[ $loaded == "$(grep -c '^ *- alert:' ../observability/rules.yaml)" && $loaded != 0 ]]
}
nothing_fires() { ! query 'ALERTS{alertstate="firing"}' | grep -q alertname; }

scrape() {
  # As compose.yaml mounts them.
  mkdir "$work/prometheus"
  cp prometheus.yml ../observability/rules.yaml "$work/prometheus/"
  check "promtool takes prometheus.yml and the rules" promtool check config "$work/prometheus/prometheus.yml"
  if [[ $(id -u) != 0 ]] || ! command -v prometheus >/dev/null; then
    echo "SKIP Prometheus scrapes keyservice: prometheus, and root to give it a name for the container"
    return
  fi
  local address
  address=$(podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' \
    "$(container keyservice)" | cut -d ' ' -f 1)
  echo "$address keyservice" >"$work/hosts"
  port=$(free_port)
  # Here the container has no name: a file of hosts for this process alone gives it one.
  # shellcheck disable=SC2016
  unshare -m sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$work/hosts" \
    prometheus "--config.file=$work/prometheus/prometheus.yml" "--storage.tsdb.path=$work/metrics" \
    "--web.listen-address=127.0.0.1:$port" >"$work/prometheus.log" 2>&1 &
  prometheus=$!
  check "Prometheus scrapes keyservice: up is 1" until_true 40 is_up
  check "it has loaded every rule" same_rules
  check "it knows that the service is ready" until_true 20 sh -c \
    "curl -fsS --get 'http://127.0.0.1:$port/api/v1/query' --data-urlencode 'query=keyservice_ready == 1' | grep -q keyservice:9000"
  check "no alert fires" nothing_fires
}

schema
if python3 -c 'import yaml' 2>/dev/null; then
  check "every service is confined, and published on loopback only" confined
else
  echo "SKIP every service is confined, and published on loopback only: PyYAML"
fi
if ! command -v podman >/dev/null || ! podman_compose=$(tool podman-compose podman-compose); then
  echo "SKIP the service runs as compose.yaml says: podman and podman-compose"
elif ! podman image exists keyservice:latest; then
  echo "SKIP the service runs as compose.yaml says: deploy/image/build.sh native"
else
  run_service
  if command -v promtool >/dev/null && command -v curl >/dev/null; then
    scrape
  else
    echo "SKIP Prometheus takes the configuration and scrapes keyservice: promtool and curl"
  fi
fi
exit "$failed"
