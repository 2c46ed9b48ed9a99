#!/usr/bin/env bash
# Builds the images of what is in target/, and runs each as it is meant to be run: not as root, with a
# root file system that cannot be written, without capabilities and with little memory.
#
#   deploy/image/test.sh [native|jvm]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../testing.sh
. deploy/testing.sh

if ! has podman; then
  skip "the images build and run" podman
  exit 0
fi
if ! has openssl; then
  skip "the images build and run" openssl
  exit 0
fi

variants=("$@")
if [[ ${#variants[@]} == 0 ]]; then
  [[ -z $(native) ]] || variants+=(native)
  [[ ! -f target/quarkus-app/quarkus-run.jar ]] || variants+=(jvm)
fi
if [[ ${#variants[@]} == 0 ]]; then
  skip "the images build and run" "./mvnw package, or ./mvnw package -Dnative"
  exit 0
fi

name=keyservice-image-test-$$
clean_up() {
  podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
  podman volume rm -f "$name" >/dev/null 2>&1 || true
  podman secret rm "$name" >/dev/null 2>&1 || true
  podman network rm -f "$name" >/dev/null 2>&1 || true
}

# Podman's own limits are more than some machines allow.
limits=(--ulimit=core=0:0 --ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096)
# In a container without privileges: the same for the service and for commands.
confine() {
  confined=("${limits[@]}" --read-only --read-only-tmpfs=false --cap-drop=all
    --security-opt=no-new-privileges "--memory=${memory}m" "--memory-swap=${memory}m")
}

# What belongs to the user of the image, here on this machine.
give() {
  if [[ $(id -u) == 0 ]]; then chown -R 65532:65532 "$@"; else podman unshare chown -R 65532:65532 "$@"; fi
}

# Certificates under the names that the image expects.
certificates() {
  deploy/certs/generate-certs.sh --out "$work/certs" admin app >/dev/null
  for caller in server admin app; do
    mkdir "$work/tls-$caller"
    cp "$work/certs/ca.pem" "$work/tls-$caller/ca.crt"
    cp "$work/certs/$caller.pem" "$work/tls-$caller/tls.crt"
    cp "$work/certs/$caller-key.pem" "$work/tls-$caller/tls.key"
  done
  give "$work/tls-server" "$work/tls-admin" "$work/tls-app"
}

# The image itself makes root key and policy. The root key becomes a secret of podman.
root_key_and_policy() {
  rm -rf "$work/config"
  mkdir -p "$work/config"/{root-keys,policy}
  give "$work/config"
  podman run --rm "${confined[@]}" --network none \
    -v "$work/config/root-keys:/etc/keyservice/root-keys" -v "$work/config/policy:/etc/keyservice/policy" \
    "$image" init --admin cn:admin >/dev/null
  cat >>"$work/config/policy/policy.yaml" <<'TEXT'
  - name: demo
    callers: ["cn:app"]
    roles: [key-admin, encrypter, decrypter]
    keys: ["demo/*"]
TEXT
  podman secret rm "$name" >/dev/null 2>&1 || true
  podman secret create "$name" "$work/config/root-keys/root-1.key" >/dev/null
}

# create MORE...: the service, which is not started yet
create() {
  podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
  podman create --name "$name" "${confined[@]}" --network "$name" --network-alias keyservice \
    -p 127.0.0.1::8443 -p 127.0.0.1::9000 -v "$name:/var/lib/keyservice" \
    -v "$work/tls-server:/etc/keyservice/tls:ro" -v "$work/config/policy:/etc/keyservice/policy:ro" \
    "$@" "$image" >/dev/null
}

with_root_key() {
  create -e KEYSERVICE_ROOT_KEYS_ACTIVE=root-1 \
    --secret "$name,target=/etc/keyservice/root-keys/root-1.key,uid=65532,gid=65532,mode=0400"
}

state() { podman inspect --format "{{.State.$1}}" "$name"; }
logs() { podman logs "$name" 2>&1; }

times_ready() { logs | grep -c 'keyservice is ready on' || true; }

# start: until it says that it is ready; sets millis, pid and address
start() {
  local begin before
  before=$(times_ready)
  begin=$(date +%s%N)
  podman start "$name" >/dev/null
  until [[ $(times_ready) -gt $before ]]; do
    [[ $(state Running) == true && $(($(date +%s%N) - begin)) -lt 60000000000 ]] || {
      logs | tail -n 5
      return 1
    }
    sleep 0.05
  done
  millis=$((($(date +%s%N) - begin) / 1000000))
  pid=$(state Pid)
  address=$(podman port "$name" 8443)
}

# refused SETTING: the start fails and names it
refused() {
  podman start "$name" >/dev/null
  [[ $(podman wait "$name") != 0 ]] && grep -q "$1" <(logs)
}

resident() { awk '/^VmRSS/ {print int($2 / 1024) " MiB"}' "/proc/$pid/status"; }

# A second container, which finds the service by its name.
beside() {
  podman run --rm "${confined[@]}" --network "$name" -v "$work/tls-app:/etc/keyservice/tls:ro" "$image" "$@"
}

ends_well() { tail -n 1 "$1" | grep -qx 'All of this worked.'; }
not_root() {
  [[ $(podman image inspect --format '{{.User}}' "$image") == 65532:65532 ]] && ! status_is "$pid" Uid 0
}
root_is_read_only() { awk '$5 == "/" && $6 ~ /(^|,)ro(,|$)/ {found = 1} END {exit !found}' "/proc/$pid/mountinfo"; }

# Files that are open for writing, outside of the volume and of devices and pipes.
writes_only_data() {
  local descriptor file flags
  for descriptor in /proc/"$pid"/fd/*; do
    file=$(readlink "$descriptor") || continue
    flags=$(sed -n 's/^flags:\t.*\([0-7]\)$/\1/p' "/proc/$pid/fdinfo/${descriptor##*/}" 2>/dev/null) || continue
    [[ $((flags & 3)) == 0 || $file != /* || $file == /dev/* || $file == /var/lib/keyservice/* ]] || {
      echo "open for writing: $file"
      return 1
    }
  done
}

look_inside() {
  local container
  container=$(podman create "${limits[@]}" "$image")
  podman export "$container" >"$work/image.tar"
  podman rm "$container" >/dev/null
  tar -tvf "$work/image.tar" | awk '$1 !~ /^d/' >"$work/files"
  echo "$image: $(mib "$(podman image inspect --format '{{.Size}}' "$image")"), $(wc -l <"$work/files") files:"
  awk '{print "  " $1, $2, $3, $6, $7, $8}' "$work/files" | grep -v /legal/
  echo "  and $(grep -c /legal/ "$work/files" || true) licences of the JDK"
  podman image inspect --format '{{range $name, $value := .Labels}}{{$name}}={{$value}}{{"\n"}}{{end}}' "$image" |
    sed 's/^/  /'
}

no_shell() {
  ! grep -E '/(sh|bash|dash|ash|busybox|toybox|env|apt|apt-get|dpkg|apk|rpm|perl|python[0-9.]*)$' "$work/files"
}
no_setuid() { ! grep -E '^-..(s|.....s)' "$work/files"; }
no_shell_to_exec() { ! podman exec "$name" /bin/sh -c true 2>/dev/null; }
label() { podman image inspect --format "{{index .Labels \"org.opencontainers.image.$1\"}}" "$image"; }
labelled() {
  local label
  for label in title description version revision source licenses created; do
    [[ -n $(label "$label") ]] || return 1
  done
  # Of this commit, not of an earlier build.
  [[ $(label revision) == $(git rev-parse HEAD 2>/dev/null || echo unknown)* ]]
}

test_image() {
  local variant=$1 exit_code begin
  if [[ $variant == native ]]; then
    image=localhost/keyservice:latest memory=192
  else
    # In 192 MiB it starts only while the machine has its files in memory.
    image=localhost/keyservice:jvm memory=320
  fi
  confine
  echo "== $variant"
  BUILDER=podman deploy/image/build.sh "$variant"
  look_inside
  check "$variant: there is no shell and no package manager in the image" no_shell
  check "$variant: no file is setuid or setgid" no_setuid
  check "$variant: every label says something, and which commit it is" labelled

  podman volume rm -f "$name" >/dev/null 2>&1 || true
  root_key_and_policy
  pass "$variant: init in a container makes root key and policy"

  create
  check "$variant: without a root key the start fails and names the setting" refused KEYSERVICE_ROOT_KEYS_ACTIVE
  create -e KEYSERVICE_ROOT_KEYS_ACTIVE=root-1
  check "$variant: with a root key that is not there it does, too" refused KEYSERVICE_ROOT_KEYS_DIR

  with_root_key
  check "$variant: it is ready with $memory MiB" start
  sleep 1
  echo "$variant: ready after $millis ms, resident $(resident)"
  check "$variant: the user is not root" not_root
  check "$variant: it has no capability" status_is "$pid" CapEff 0000000000000000
  check "$variant: it cannot get more privileges" status_is "$pid" NoNewPrivs 1
  check "$variant: the root file system is read-only" root_is_read_only
  check "$variant: there is no shell to execute" no_shell_to_exec
  if [[ $variant == native ]]; then
    check "$variant: its health check says that it is healthy" podman healthcheck run "$name"
  else
    check "$variant: the AOT cache fits, or this would fail" podman run --rm "${limits[@]}" --read-only --network none \
      --entrypoint /usr/lib/jvm/bin/java "$image" @/usr/lib/keyservice/java.options \
      -XX:AOTCache=/usr/lib/keyservice/keyservice.aot -XX:AOTMode=on \
      -jar /usr/lib/keyservice/quarkus-run.jar --version
  fi

  as app "$keyservice" demo --address "$address" >"$work/demo" 2>&1 || true
  cat "$work/demo"
  check "$variant: the demonstration works from outside" ends_well "$work/demo"
  beside demo --address keyservice:8443 >"$work/demo" 2>&1 || true
  check "$variant: the demonstration works from another container" ends_well "$work/demo"
  check "$variant: it has nothing open for writing but its data" writes_only_data
  echo "$variant: resident $(resident), at most" \
    "$(peak "$pid") of $memory MiB in the control group"

  printf 'kept' | as app "$keyservice" encrypt demo/letters --out "$work/letter.enc"
  podman stop -t 30 "$name" >/dev/null
  start
  check "$variant: after a restart the key still decrypts" \
    test "$(as app "$keyservice" decrypt demo/letters --in "$work/letter.enc")" = kept
  check "$variant: nothing was killed for want of memory" test "$(state OOMKilled)" = false

  begin=$(date +%s%N)
  podman stop -t 30 "$name" >/dev/null
  exit_code=$(state ExitCode)
  echo "$variant: stopped after $((($(date +%s%N) - begin) / 1000000)) ms with the exit code $exit_code"
  # 143 is 128 + SIGTERM: it was told to end, and ended in peace.
  check "$variant: told to end it drains" grep -q 'drained: every call has ended' <(logs)
  check "$variant: its exit code is 143 or 0" grep -qxE '143|0' <<<"$exit_code"

  if [[ $variant == native ]]; then
    podman run --rm "${confined[@]}" --network none --tmpfs /tmp:rw,noexec,size=16m "$image" demo \
      >"$work/demo" 2>&1 || true
    check "$variant: the demonstration with its own service works where /tmp may hold no code" \
      grep -q 'All of this worked.' "$work/demo"
    sha256sum target/image/native/rootfs.tar >"$work/first"
    deploy/image/build.sh --stage-only native >/dev/null
    check "$variant: staged again, it is the same byte by byte" sha256sum --quiet -c "$work/first"
  fi
}

podman network create "$name" >/dev/null
certificates
for variant in "${variants[@]}"; do test_image "$variant"; done
