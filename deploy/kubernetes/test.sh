#!/usr/bin/env bash
# Builds every overlay, validates what comes out, and runs the pod of the base with podman. What is
# downloaded stays in target/kubernetes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR source=../testing.sh
. ../testing.sh

needs_a_build
tools=$project/target/kubernetes
mkdir -p "$tools"
PATH=$tools:$tools/venv/bin:$PATH

# --- Tools ---------------------------------------------------------------------------------------

# get FILE GO-PACKAGE@VERSION: by Go, unless it is on the path
get() {
  has "$1" || { has go && GOBIN=$tools go install "$2" >"$work/get.log" 2>&1; }
}

get_validator() {
  [[ -x $tools/venv/bin/kubernetes-validate ]] && return
  has python3 && python3 -m venv "$tools/venv" &&
    "$tools/venv/bin/pip" install -q kubernetes-validate==1.37.0 PyYAML jsonschema
}

# Where a Go module is, for the CRDs in it.
module() {
  (cd "$work" && go mod download -json "$1" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
}

find_crds() {
  local cert_manager trust_manager prometheus istio
  cert_manager=$(module github.com/cert-manager/cert-manager@v1.21.2)
  trust_manager=$(module github.com/cert-manager/trust-manager@v0.25.0)
  prometheus=$(module github.com/prometheus-operator/prometheus-operator@v0.85.0)
  istio=$(module istio.io/api@v1.32.0)
  crds=("$cert_manager"/deploy/crds/cert-manager.io_*.yaml
    "$trust_manager"/deploy/crds/trust.cert-manager.io_bundles.yaml
    "$prometheus"/example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml
    "$istio"/kubernetes/customresourcedefinitions.gen.yaml)
  [[ -f ${crds[0]} && -f ${crds[-1]} ]]
}

# --- What is built -------------------------------------------------------------------------------

# kubernetes-validate warns of kinds that it has no schema for, which are validated on their own.
valid() { kubernetes-validate --strict "$1"; }
valid_custom() { python3 validate-custom.py "${crds[@]}" <"$1"; }

if get kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.8.1; then
  for directory in base overlays/*; do
    check "$directory: kustomize builds it" kustomize build "$directory" -o "$work/$(basename "$directory").yaml"
  done
else
  skip "the overlays" kustomize
fi

if get_validator >"$work/get.log" 2>&1; then
  for built in "$work"/*.yaml; do
    check "$(basename "$built" .yaml): is valid for Kubernetes 1.37, strictly" valid "$built"
  done
  crds=()
  if has go && find_crds 2>"$work/get.log"; then
    for built in "$work"/*.yaml; do
      if ! grep -q '^apiVersion: .*\(cert-manager\|coreos\|istio\)' "$built"; then continue; fi
      check "$(basename "$built" .yaml): its custom resources are valid, too" valid_custom "$built"
      sed 's/^/     /' "$work/check.log"
    done
  else
    skip "the custom resources" "go, or the modules with their schemas"
  fi
else
  skip "what is built is valid" "kubernetes-validate, from PyPI"
fi

rules_are_equal() { components/prometheus-operator/update-rules.sh - | diff components/prometheus-operator/prometheusrule.yaml -; }
check "the alerts are those of deploy/observability" rules_are_equal

grace_covers_drain() {
  local grace sleep drain
  grace=$(sed -n 's/^ *terminationGracePeriodSeconds: //p' base/statefulset.yaml)
  sleep=$(sed -n 's/^ *sleep: {seconds: \(.*\)}/\1/p' base/statefulset.yaml)
  drain=$(sed -n 's/.*KEYSERVICE_DRAIN_TIMEOUT, value: \(.*\)s}/\1/p' base/statefulset.yaml)
  ((grace >= sleep + drain + 5))
}
check "the grace period covers the sleep, the drain timeout and 5 s" grace_covers_drain
check "the service takes the policy" "$keyservice" policy check base/policy.yaml

# --- The pod -------------------------------------------------------------------------------------

image=localhost/keyservice:latest
pod=keyservice-test-$$
clean_up() {
  if ! has podman; then return; fi
  podman pod rm -f -t 0 "$pod" >/dev/null 2>&1 || true
  podman volume rm -f "$pod-data" "$pod-keyservice-policy" >/dev/null 2>&1 || true
}

# As the kubelet puts a Secret with defaultMode 0440 for the fsGroup of the pod.
secret() {
  mkdir -p "$work/secrets/$1"
  cp "$2" "$work/secrets/$1/$3"
  chmod 440 "$work/secrets/$1/$3"
  chown 0:65532 "$work/secrets/$1/$3"
}

# The application of the policy is known by its URI.
application() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /O=app \
    -keyout "$work/certs/app-key.pem" -out "$work/app.csr"
  openssl x509 -req -in "$work/app.csr" -CA "$work/certs/ca.pem" -CAkey "$work/certs/ca-key.pem" -days 1 \
    -out "$work/certs/app.pem" -extfile <(
      echo 'subjectAltName = URI:spiffe://cluster.local/ns/app/sa/app'
      echo 'extendedKeyUsage = clientAuth'
    )
}

# Podman's own limits are more than some machines allow, and play kube has no option for them.
# Where podman is configured, that holds.
limit_pods() {
  if [[ -n ${CONTAINERS_CONF:-} || -f /etc/containers/containers.conf ]]; then return; fi
  export CONTAINERS_CONF=$work/containers.conf
  cat >"$CONTAINERS_CONF" <<'TOML'
[containers]
default_ulimits = ["core=0:0", "nofile=4096:4096", "nproc=4096:4096"]
TOML
}

play() {
  pod_for_podman "$pod" "$image" "$work/secrets" "$port" "$management" <"$work/base.yaml" >"$work/pod"
  podman play kube "$work/pod"
}
pod_for_podman() { "$tools/venv/bin/python" pod-for-podman.py "$@"; }

# probe NAME: what the kubelet asks, as often as it would
probe() {
  local path period failures
  path=$(of_probe "$1" 'httpGet: {path: \([^,]*\), port: management}')
  period=$(of_probe "$1" 'periodSeconds: \(.*\)')
  failures=$(of_probe "$1" 'failureThreshold: \(.*\)')
  wait_for $((period * ${failures:-3})) curl -fsS "http://127.0.0.1:$management$path"
}
of_probe() { sed -n "/^ *$1:/,/Probe:\|lifecycle:/s/^ *$2\$/\1/p" base/statefulset.yaml; }

pid() { podman inspect --format '{{.State.Pid}}' "$pod-keyservice"; }
logs() { podman logs "$pod-keyservice" 2>&1; }
decrypted() { test "$(as app "$keyservice" decrypt app/letters --in "$work/letter.enc")" = kept; }
encrypt() { printf kept | as app "$keyservice" encrypt app/letters --out "$work/letter.enc"; }
stopped_in_peace() {
  podman pod stop -t 30 "$pod" && grep -q 'drained: every call has ended' <(logs)
}

run_the_pod() {
  port=$(free_port)
  management=$(free_port)
  # shellcheck disable=SC2034 # of testing.sh
  address=localhost:$port
  ../certs/generate-certs.sh --out "$work/certs" keyservice-admin >/dev/null
  application 2>/dev/null
  head -c 32 /dev/urandom >"$work/root-1.key"
  secret keyservice-root-keys "$work/root-1.key" root-1.key
  secret keyservice-tls "$work/certs/server.pem" tls.crt
  secret keyservice-tls "$work/certs/server-key.pem" tls.key
  secret keyservice-tls "$work/certs/ca.pem" ca.crt
  chmod 711 "$work"
  limit_pods

  check "podman plays the pod of the base" play
  for probe in startupProbe livenessProbe readinessProbe; do
    check "pod: what its $probe asks is answered" probe "$probe"
  done
  check "pod: the user is not root" status_is "$(pid)" Uid 65532
  check "pod: it has no capability" status_is "$(pid)" CapEff 0000000000000000
  check "pod: it cannot get more privileges" status_is "$(pid)" NoNewPrivs 1
  check "pod: system calls are filtered" status_is "$(pid)" Seccomp 2
  check "pod: the admin of the policy creates a key" as keyservice-admin "$keyservice" key create app/letters
  check "pod: the application of the policy encrypts" encrypt
  check "pod: and decrypts" decrypted
  echo "pod: at most $(peak "$(pid)") of 256 MiB in its control group"
  check "pod: told to end it drains" stopped_in_peace
  check "pod: started again" podman pod start "$pod"
  check "pod: it becomes ready" probe readinessProbe
  check "pod: and still decrypts" decrypted
}

if ! has podman || ! has curl || [[ $(id -u) != 0 || ! -f $work/base.yaml || ! -x $tools/venv/bin/python ]]; then
  skip "the pod of the base runs" "podman and curl as root, or what builds the manifests"
elif ! podman image exists "$image"; then
  skip "the pod of the base runs" "$image: deploy/image/build.sh native"
else
  run_the_pod
fi
