"""Validates custom resources on standard input against the schemas of CRDs, unknown fields refused.

usage: validate-custom.py CRD-FILE...
"""

import sys

import jsonschema
import yaml

# The loader of C, where there is one: some of these files are large.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def closed(schema):
    """The schema, with objects that allow only what they name."""
    if isinstance(schema, list):
        return [closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    open_ended = ("additionalProperties", "x-kubernetes-preserve-unknown-fields")
    if isinstance(schema.get("properties"), dict) and not any(word in schema for word in open_ended):
        result["additionalProperties"] = False
    return result


schemas = {}
scopes = {}
for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as content:
        for crd in yaml.load_all(content, LOADER):
            if not crd or crd["kind"] != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                kind = (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
                schemas[kind] = version["schema"]["openAPIV3Schema"]
                scopes[kind] = crd["spec"]["scope"]

failed = False
for document in yaml.load_all(sys.stdin, LOADER):
    kind = (document["apiVersion"], document["kind"])
    if kind not in schemas:
        continue
    name = f"{document['kind']}/{document['metadata']['name']}"
    # What any object has besides is not in a CRD.
    body = {"apiVersion": None, "kind": None, "metadata": None}
    own = {field: value for field, value in document.items() if field not in body}
    schema = schemas[kind] | {
        "properties": {f: s for f, s in schemas[kind]["properties"].items() if f not in body},
        "required": [f for f in schemas[kind].get("required", ()) if f not in body],
    }
    problems = [
        f"{'.'.join(map(str, error.path))}: {error.message}"
        for error in jsonschema.Draft7Validator(closed(schema)).iter_errors(own)
    ]
    if ("namespace" in document["metadata"]) != (scopes[kind] == "Namespaced"):
        problems.append(f"metadata.namespace: the kind is {scopes[kind]}")
    print(name, "; ".join(problems) or "passed")
    failed = failed or bool(problems)
sys.exit(failed)
