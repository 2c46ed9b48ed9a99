"""Makes of what kustomize has built, on standard input, a pod that `podman play kube` runs.

usage: pod-for-podman.py NAME IMAGE SECRETS-DIRECTORY GRPC-PORT MANAGEMENT-PORT

The pod is that of the StatefulSet, with the differences that podman demands:

- The image, ports of this machine for those of the pod, and NAME before every name.
- Secrets are directories SECRETS-DIRECTORY/NAME: podman knows neither defaultMode nor fsGroup.
- The volume's claim becomes one of podman's volumes.
- No probes: podman would run curl in the container. The test asks what they ask.
"""

import sys

import yaml

name, image, secrets, grpc, management = sys.argv[1:]
documents = list(yaml.safe_load_all(sys.stdin))
stateful_set = next(document for document in documents if document["kind"] == "StatefulSet")
template = stateful_set["spec"]["template"]
spec = template["spec"]

(container,) = spec["containers"]
container["image"] = image
for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
    del container[probe]
for port in container["ports"]:
    port["hostIP"] = "127.0.0.1"
    port["hostPort"] = int({"tls-grpc": grpc, "management": management}[port["name"]])

for volume in spec["volumes"]:
    if "secret" in volume:
        volume["hostPath"] = {"path": f"{secrets}/{volume.pop('secret')['secretName']}", "type": "Directory"}
    if "configMap" in volume:
        volume["configMap"]["name"] = f"{name}-{volume['configMap']['name']}"

made = []
for document in documents:
    if document["kind"] == "ConfigMap":
        document["metadata"]["name"] = f"{name}-{document['metadata']['name']}"
        made.append(document)
for claim in stateful_set["spec"]["volumeClaimTemplates"]:
    volume = claim["metadata"]["name"]
    spec["volumes"].append({"name": volume, "persistentVolumeClaim": {"claimName": f"{name}-{volume}"}})
    metadata = {"name": f"{name}-{volume}"}
    made.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim["spec"]})
metadata = {"name": name, "labels": template["metadata"]["labels"]}
made.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
yaml.safe_dump_all(made, sys.stdout)
