#!/usr/bin/env bash
# Builds the images of keyservice from what the Maven build has made. docs/image.md says more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'TEXT'
Usage: build.sh [--stage-only] [VARIANT...]

VARIANT is native or jvm; without one, those that are built are made into images:

  native   needs ./mvnw package -Dnative, tagged keyservice:VERSION and keyservice:latest
  jvm      needs ./mvnw package and a JDK 25, tagged keyservice:VERSION-jvm and keyservice:jvm

  --stage-only   make only target/image/VARIANT/rootfs.tar, and no image

BUILDER=docker, podman or buildah says what builds; otherwise the first of them that works.
SOURCE_DATE_EPOCH is the time of everything in the image; otherwise that of the last commit.
TEXT
}

die() {
  echo "build.sh: $*" >&2
  exit 1
}

target=$PWD/target
[[ $(uname -s) == Linux ]] || die "stage on Linux: the images hold libraries of this system"

stage_only='' variants=()
for argument in "$@"; do
  case $argument in
    native | jvm) variants+=("$argument") ;;
    --stage-only) stage_only=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

runner=$(find "$target" -maxdepth 1 -name 'keyservice-*-runner' -type f -print -quit 2>/dev/null || true)
app=$(find "$target/quarkus-app/app" -name 'keyservice-*.jar' -print -quit 2>/dev/null || true)
if [[ ${#variants[@]} == 0 ]]; then
  [[ -z $runner ]] || variants+=(native)
  [[ -z $app ]] || variants+=(jvm)
fi
[[ ${#variants[@]} != 0 ]] || die "nothing is built: run ./mvnw package -Dnative, or ./mvnw package"

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[[ -z $(git status --porcelain 2>/dev/null) ]] || revision+=-modified
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
source=$(git remote get-url origin 2>/dev/null || true)
# A path or a name with a password in it is nobody's business.
[[ $source =~ ^https://[^@]+$ ]] || source=unknown

# with_libraries FILE: copies what it needs of the system, the loader included, to the same places
with_libraries() {
  local library
  ldd "$1" | sed -nE 's/^[^/]*(\/[^ ]+) \(.*/\1/p' |
    while read -r library; do
      [[ $library != "$root"/* && ! -e $root$library ]] || continue
      install -D -m 755 "$library" "$root$library"
    done
}

# What every variant has beside the program. A name for the user, and where names are looked up: glibc
# itself reads both since 2.34, without further libraries.
common_files() {
  [[ $(getconf GNU_LIBC_VERSION) =~ ^glibc\ 2\.([0-9]+) && ${BASH_REMATCH[1]} -ge 34 ]] ||
    die "stage where there is a glibc from 2.34 on"
  mkdir -p "$root"/{etc/keyservice/{policy,root-keys,tls},tmp,var/lib/keyservice}
  mkdir -p "$root"/usr/{bin,lib/keyservice,share/licenses/keyservice}
  chmod 1777 "$root/tmp"
  chmod 700 "$root/var/lib/keyservice"
  echo 'keyservice:x:65532:65532:keyservice:/var/lib/keyservice:/nonexistent' >"$root/etc/passwd"
  echo 'keyservice:x:65532:' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  install -m 644 LICENSE "$root/usr/share/licenses/keyservice/"
}

sqlite_library() {
  local jar machine
  machine=$(uname -m)
  jar=$(find "$target" -maxdepth 4 -name 'org.xerial.sqlite-jdbc-*.jar' -print -quit)
  [[ -n $jar ]] || die "there is no sqlite-jdbc under target/: run the build again"
  unzip -p "$jar" "org/sqlite/native/Linux/$machine/libsqlitejdbc.so" \
    >"$root/usr/lib/keyservice/libsqlitejdbc.so"
  chmod 755 "$root/usr/lib/keyservice/libsqlitejdbc.so"
  with_libraries "$root/usr/lib/keyservice/libsqlitejdbc.so"
}

stage_native() {
  [[ -n $runner ]] || die "target/ has no native executable: run ./mvnw package -Dnative"
  install -m 755 "$runner" "$root/usr/bin/keyservice"
  with_libraries "$root/usr/bin/keyservice"
}

# What the jars name of the JDK, as jdeps says. Not java.desktop, java.compiler and java.instrument, which
# converters, generators and agents name that are not used here.
modules=java.base,java.logging,java.management,java.naming,java.net.http,java.rmi,java.security.jgss
modules+=,java.sql,java.transaction.xa,java.xml,jdk.jfr,jdk.management,jdk.unsupported

stage_jvm() {
  [[ -n $app ]] || die "target/ has no quarkus-app: run ./mvnw package"
  local jdk
  # The one that the build has found, which need not be the first on the path.
  jdk=$(./mvnw -v | sed -n 's/^Java version:.*runtime: //p')
  [[ -x $jdk/bin/jlink ]] || die "the JDK of ./mvnw has no jlink: ${jdk:-none found}"
  "$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages \
    --output "$root/usr/lib/jvm"
  # Of the tools only the launcher.
  find "$root/usr/lib/jvm/bin" -type f ! -name java -delete
  cp -R target/quarkus-app/{app,lib,quarkus,quarkus-run.jar} "$root/usr/lib/keyservice/"
  grep -v '^#' deploy/image/java.options >"$root/usr/lib/keyservice/java.options"
  find "$root/usr/lib/jvm" -type f \( -name '*.so' -o -path '*/bin/*' \) -print0 |
    while IFS= read -r -d '' file; do with_libraries "$file"; done
}

# The classes as the JVM has them once it serves and has answered (JEP 514): with them it starts in
# less than half the time. The last step, since the cache knows the jars by their times.
make_aot_cache() {
  local java port
  work=$(mktemp -d)
  trap 'rm -rf "$work"; kill "${service:-}" 2>/dev/null || true' EXIT
  java=("$root/usr/lib/jvm/bin/java" "@$root/usr/lib/keyservice/java.options"
    "-Dorg.sqlite.lib.path=$root/usr/lib/keyservice")
  local jar=$root/usr/lib/keyservice/quarkus-run.jar
  env -i "${java[@]}" -jar "$jar" dev-files "$work/files" >/dev/null
  : >"$work/log"
  # Without settings of this machine.
  local clean=(env -i "HOME=$work" "KEYSERVICE_TLS_CA_FILE=$work/files/ca.pem")
  (
    cd "$work"
    exec "${clean[@]}" KEYSERVICE_LISTEN=127.0.0.1:0 \
      QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=0 \
      KEYSERVICE_TLS_CERT_FILE=files/server.pem KEYSERVICE_TLS_KEY_FILE=files/server-key.pem \
      KEYSERVICE_POLICY_FILE=files/policy.yaml \
      KEYSERVICE_ROOT_KEYS_DIR=files/root-keys KEYSERVICE_ROOT_KEYS_ACTIVE=root-1 \
      "${java[@]}" -XX:AOTCacheOutput="$root/usr/lib/keyservice/keyservice.aot" -jar "$jar" serve
  ) >"$work/log" 2>&1 &
  service=$!
  for _ in {1..300}; do
    port=$(sed -nE 's/.*keyservice is ready on 127\.0\.0\.1:([0-9]+) .*/\1/p' "$work/log")
    [[ -z $port ]] || break
    kill -0 "$service" 2>/dev/null || die "the JVM did not start: $(tail -n 5 "$work/log")"
    sleep 0.2
  done
  [[ -n $port ]] || die "the JVM did not start: $(tail -n 5 "$work/log")"
  "${clean[@]}" "KEYSERVICE_TLS_CERT_FILE=$work/files/dev-client.pem" \
    "KEYSERVICE_TLS_KEY_FILE=$work/files/dev-client-key.pem" \
    "${java[@]}" -jar "$jar" demo --address "localhost:$port" >"$work/demo" 2>&1 ||
    die "the demonstration failed: $(tail -n 1 "$work/demo")"
  kill "$service"
  wait "$service" || true
  [[ -s $root/usr/lib/keyservice/keyservice.aot ]] || die "no AOT cache: $(tail -n 5 "$work/log")"
  rm -rf "$work"
  trap - EXIT
}

# stage VARIANT: target/image/VARIANT/rootfs, and a tar of it that only depends on what is in it
stage() {
  context=$target/image/$1
  root=$context/rootfs
  rm -rf "$context"
  mkdir -p "$root"
  common_files
  "stage_$1"
  sqlite_library
  chmod -R u=rwX,go=rX "$root/usr" "$root/etc"
  find "$root" -exec touch -h -d "@$epoch" {} +
  if [[ $1 == jvm ]]; then make_aot_cache; fi
  find "$root" -exec touch -h -d "@$epoch" {} +
  local tar=(tar --sort=name --format=gnu --mtime="@$epoch" --numeric-owner -C "$root")
  "${tar[@]}" --owner=0 --group=0 --exclude=./var/lib/keyservice -cf "$context/rootfs.tar" .
  "${tar[@]}" --owner=65532 --group=65532 -rf "$context/rootfs.tar" ./var/lib/keyservice
}

find_builder() {
  if [[ -n ${BUILDER:-} ]]; then
    echo "$BUILDER"
  elif docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null; then
    echo podman
  elif command -v buildah >/dev/null; then
    echo buildah
  else
    die "there is neither docker, podman nor buildah; --stage-only needs none"
  fi
}

# build VARIANT VERSION TAG
build() {
  # Without its cache: Podman's takes an image with other labels for the same.
  local options=(--no-cache -f deploy/image/Dockerfile --target "$1"
    -t "keyservice:$2" -t "keyservice:$3"
    --build-arg "VERSION=$2" --build-arg "REVISION=$revision" --build-arg "SOURCE=$source"
    --build-arg "CREATED=$created")
  case $builder in
    docker) SOURCE_DATE_EPOCH=$epoch docker build -q "${options[@]}" "$context" ;;
    # The format of OCI has no health check.
    podman) podman build -q --format docker --timestamp "$epoch" "${options[@]}" "$context" ;;
    buildah) buildah build -q --format docker --timestamp "$epoch" "${options[@]}" "$context" ;;
    *) die "BUILDER is '$builder', and not docker, podman or buildah" ;;
  esac
}

if [[ -z $stage_only ]]; then builder=$(find_builder); fi
for variant in "${variants[@]}"; do
  stage "$variant"
  echo "staged target/image/$variant/rootfs.tar: $(du -h --apparent-size "$context/rootfs.tar" | cut -f 1)"
  [[ -z $stage_only ]] || continue
  if [[ $variant == native ]]; then
    version=$(basename "$runner" -runner)
    version=${version#keyservice-} tag=latest
  else
    version=$(basename "$app" .jar)-jvm
    version=${version#keyservice-} tag=jvm
  fi
  id=$(build "$variant" "$version" "$tag" | tail -n 1)
  echo "built keyservice:$version and keyservice:$tag with $builder: $id"
done
