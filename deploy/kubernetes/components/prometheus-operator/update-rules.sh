#!/bin/sh
# Writes prometheusrule.yaml from the alerts of deploy/observability, which are the only source: kustomize
# cannot put a file into a resource. With - on standard output.
set -eu
cd "$(dirname "$0")"

rule() {
  cat <<'YAML'
# Made by update-rules.sh from deploy/observability/rules.yaml: change that one.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: keyservice
  namespace: keyservice
spec:
YAML
  sed -e '/^#/d' -e 's/^\(.\)/  \1/' ../../../observability/rules.yaml
}

if [ "${1:-}" = - ]; then rule; else rule >prometheusrule.yaml; fi
