#!/usr/bin/env bash
# What of compose.yaml can be run without the images of others: the file against the schema; setup,
# keyservice and cli by podman-compose; and a Prometheus of this machine with the very prometheus.yml.
# Not run: jaeger, prometheus and grafana as containers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source-path=SCRIPTDIR source=../testing.sh
. ../testing.sh

composition=keyservice-compose-test-$$
GRPC_PORT=
clean_up() {
  [[ -z $GRPC_PORT ]] || compose --profile cli down -v -t 0 >/dev/null 2>&1 || true
}

# tool COMMAND PACKAGE: prints where the command is: on the path, or in an environment that is kept
tools=$project/target/compose/tools
tool() {
  if command -v "$1"; then return; fi
  if [[ ! -x $tools/bin/$1 ]]; then
    { python3 -m venv "$tools" && "$tools/bin/pip" install -q "$2"; } >/dev/null 2>&1 || return 1
  fi
  echo "$tools/bin/$1"
}

compose() { "$podman_compose" -p "$composition" -f compose.yaml "$@"; }
container() { podman ps -a -q --filter "label=io.podman.compose.project=$composition" \
  --filter "label=com.docker.compose.service=$1" | head -n 1; }
state() { podman inspect --format "{{.$2}}" "$(container "$1")"; }

schema() {
  local checker
  if ! checker=$(tool check-jsonschema check-jsonschema); then
    skip "compose.yaml fits the schema of the Compose specification" check-jsonschema
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
  check "keyservice is healthy" wait_for 60 healthy
  check "keyservice has a root file system that cannot be written and 192 MiB" test \
    "$(state keyservice HostConfig.ReadonlyRootfs) $(state keyservice HostConfig.Memory)" = "true 201326592"
  check "cli shows the demonstration" cli demo --address
  check "a key of the one run is there in the next" cli key get demo/letters
  compose down -t 30 >/dev/null 2>&1
  compose up -d keyservice >"$work/up" 2>&1 || cat "$work/up"
  check "after down and up keyservice is healthy again" wait_for 60 healthy
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
nothing_fires() { query 'ALERTS{alertstate="firing"}' >"$work/firing" && ! grep -q alertname "$work/firing"; }

scrape() {
  # As compose.yaml mounts them.
  mkdir "$work/prometheus"
  cp prometheus.yml ../observability/rules.yaml "$work/prometheus/"
  check "promtool takes prometheus.yml and the rules" promtool check config "$work/prometheus/prometheus.yml"
  if [[ $(id -u) != 0 ]] || ! has prometheus; then
    skip "Prometheus scrapes keyservice" "prometheus, and root to give it a name for the container"
    return
  fi
  local address
  address=$(podman inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' \
    "$(container keyservice)" | cut -d ' ' -f 1)
  echo "$address keyservice" >"$work/hosts"
  port=$(free_port)
  # Here the container has no name: a file of hosts for this process alone gives it one.
  # shellcheck disable=SC2016
  background "$work/prometheus.log" unshare -m sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$work/hosts" \
    prometheus "--config.file=$work/prometheus/prometheus.yml" "--storage.tsdb.path=$work/metrics" \
    "--web.listen-address=127.0.0.1:$port"
  check "Prometheus scrapes keyservice: up is 1" wait_for 40 is_up
  check "it has loaded every rule" same_rules
  check "it knows that the service is ready" wait_for 20 sh -c \
    "curl -fsS --get 'http://127.0.0.1:$port/api/v1/query' --data-urlencode 'query=keyservice_ready == 1' | grep -q keyservice:9000"
  check "no alert fires" nothing_fires
}

schema
if python3 -c 'import yaml' 2>/dev/null; then
  check "every service is confined, and published on loopback only" confined
else
  skip "every service is confined, and published on loopback only" PyYAML
fi
if ! has podman || ! podman_compose=$(tool podman-compose podman-compose); then
  skip "the service runs as compose.yaml says" "podman and podman-compose"
elif ! podman image exists keyservice:latest; then
  skip "the service runs as compose.yaml says" "deploy/image/build.sh native"
else
  run_service
  if has promtool && has curl; then
    scrape
  else
    skip "Prometheus takes the configuration and scrapes keyservice" "promtool and curl"
  fi
fi
