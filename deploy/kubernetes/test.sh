#!/usr/bin/env bash
# Builds every overlay and validates what comes out. What is downloaded stays in target/kubernetes.
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
