#!/bin/sh
# Makes certificates for development and trials: a CA, a server's and clients'.
set -eu

usage() {
  cat <<'TEXT'
Usage: generate-certs.sh [--out DIR] [--days N] [--force] [CLIENT...]

Makes ca.pem, server.pem and one CLIENT.pem for each name (default: client), with their private
keys *-key.pem, in DIR (default: certs). Keys are EC prime256v1.

  --out DIR   where to put them
  --days N    how long they are valid (default: 90)
  --force     replace what is there

The server answers to localhost, keyservice, keyservice.internal and 127.0.0.1. A client is known
to the service as cn:CLIENT. The CA's key is in DIR, too: guard it, or delete it.
TEXT
}

die() {
  echo "generate-certs.sh: $*" >&2
  exit 1
}

out=certs
days=90
force=
while [ $# -gt 0 ]; do
  case $1 in
    --out) [ $# -gt 1 ] || die "--out needs a directory"; out=$2; shift 2 ;;
    --days) [ $# -gt 1 ] || die "--days needs a number"; days=$2; shift 2 ;;
    --force) force=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- client

case $days in '' | *[!0-9]*) die "--days needs a number, not '$days'" ;; esac
for client in "$@"; do
  case $client in
    *[!A-Za-z0-9._-]* | '' | .* | -*) die "'$client': a client's name is letters, digits, '.', '_' and '-'" ;;
    ca | server | *-key) die "'$client' would overwrite another file here; choose another name" ;;
  esac
done
command -v openssl >/dev/null 2>&1 || die "openssl is not installed"

mkdir -p "$out"
if [ -z "$force" ]; then
  for name in ca server "$@"; do
    for file in "$out/$name.pem" "$out/$name-key.pem"; do
      [ ! -e "$file" ] || die "$file is there already; give --force to replace it, or another --out"
    done
  done
fi

# Everything is made and checked aside, and moved into its place at the end.
work=$(mktemp -d "$out/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

new_key() {
  # The key is never in a file that others can read.
  (umask 077 && openssl ecparam -name prime256v1 -genkey -noout |
    openssl pkcs8 -topk8 -nocrypt -out "$1")
}

# new_certificate NAME CN EXTENSIONS: signed by the CA
new_certificate() {
  new_key "$work/$1-key.pem"
  openssl req -new -config "$work/req.cnf" -subj "/CN=$2" -key "$work/$1-key.pem" -out "$work/csr"
  openssl x509 -req -sha256 -days "$days" -in "$work/csr" \
    -CA "$work/ca.pem" -CAkey "$work/ca-key.pem" -set_serial "$(serial)" \
    -extfile "$work/req.cnf" -extensions "$3" -out "$work/$1.pem" 2>"$work/log" ||
    die "openssl could not sign $1: $(cat "$work/log")"
}

serial() {
  # 15 random bytes after a first that keeps the number positive and of full length.
  echo "0x40$(openssl rand -hex 15)"
}

cat >"$work/req.cnf" <<'TEXT'
[req]
distinguished_name = subject
prompt = no
[subject]
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:keyservice, DNS:keyservice.internal, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
TEXT

new_key "$work/ca-key.pem"
openssl req -new -x509 -sha256 -config "$work/req.cnf" -extensions ca -days "$days" \
  -subj "/CN=keyservice test CA" -key "$work/ca-key.pem" -set_serial "$(serial)" -out "$work/ca.pem"
new_certificate server localhost server
for client in "$@"; do
  new_certificate "$client" "$client" client
done

# verify PURPOSE NAME
verify() {
  openssl verify -purpose "$1" -CAfile "$work/ca.pem" "$work/$2.pem" >"$work/log" 2>&1
}

verify sslserver server || die "the server's certificate does not verify: $(cat "$work/log")"
for client in "$@"; do
  verify sslclient "$client" || die "the certificate of $client does not verify: $(cat "$work/log")"
  if verify sslserver "$client"; then die "the certificate of $client would also do for a server"; fi
done
if verify sslclient server; then die "the server's certificate would also do for a client"; fi

for name in ca server "$@"; do
  mv -f "$work/$name-key.pem" "$work/$name.pem" "$out/"
done
echo "Made in $out, each with its -key.pem: ca.pem server.pem$(printf ' %s.pem' "$@")"
