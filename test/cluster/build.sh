#!/bin/bash
# Builds the cluster's programs and prints the folder that holds them:
#   bin/kube        etcd, kube-apiserver, kube-controller-manager and kubectl in one binary, by symbolic link
#   bin/eso         the External Secrets Operator
#   crds.yaml       the operator's resource definitions
# Progress goes to stderr. A finished build is found again at once, by every clone on this machine.
#   build.sh --cached    builds nothing; exit status 1 if a build is needed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=${HALFKEY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/halfkey}/cluster
# Whatever can change the result is in the name: our sources, their pinned versions (go.mod, go.sum), the platform.
inputs() { find build.sh kube eso -type f -print0 | LC_ALL=C sort -z | xargs -0 openssl dgst -sha256 -r; uname -sm; }
key=$(inputs | openssl dgst -sha256 -r | cut -c1-16)
result=$cache/$key

complete() { [[ -e $result/complete ]]; }
if complete; then echo "$result"; exit 0; fi
[[ ${1:-} != --cached ]] || exit 1

mkdir -p "$cache"
# Two suites that start at once would build the same thing twice. The second waits for the first instead.
exec 9> "$cache/$key.lock"
flock -n 9 || { echo "another build of $key is running, waiting for it" >&2; flock 9; }
if complete; then echo "$result"; exit 0; fi

rm -rf "$cache/building-$key".* # of a build that was killed
work=$(mktemp -d "$cache/building-$key.XXXXXX")
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath"

# The version that a go.mod file requires of a module.
required() { awk -v module="$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "$2/go.mod"; }

build_kube() {
  local version stamp=k8s.io/component-base/version minor role
  version=$(required k8s.io/kubernetes kube)
  minor=${version#v1.}
  # Without the stamp the API server calls itself v0.0.0, and clients that ask for its version get confused.
  (cd kube && go build -o "$work/bin/kube" -ldflags "-s -w -X $stamp.gitVersion=$version \
    -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%%.*} -X $stamp.gitTreeState=clean" .)
  for role in etcd kube-apiserver kube-controller-manager kubectl; do ln -s kube "$work/bin/$role"; done
}

# The operator's controllers import a list of every provider there is, and with it the SDK of every cloud. Go refuses
# to overlay files of its module cache, so a copy of the module gets a shorter list (eso/replaced) and is built.
build_eso() {
  local module=github.com/external-secrets/external-secrets version source copy=$work/external-secrets
  version=$(required $module eso)
  (cd / && go mod download "$module@$version") # checks the sum; '/' because our go.mod names the copy instead
  source=$(go env GOMODCACHE)/$module@$version
  mkdir "$copy"
  cp -r "$source"/{go.mod,apis,cmd,pkg} "$copy"
  chmod -R u+w "$copy"
  cp eso/replaced/providers.go.txt "$copy/pkg/provider/register/register.go"
  cp eso/replaced/generators.go.txt "$copy/pkg/generator/register/register.go"
  cp -r eso "$work/eso"
  (cd "$work/eso" && go build -o "$work/bin/eso" -ldflags "-s -w" .)
  install -m 644 "$source/deploy/crds/bundle.yaml" "$work/crds.yaml"
}

mkdir "$work/bin"
for part in kube eso; do
  SECONDS=0
  echo "building $part (minutes when Go's own caches are empty)" >&2
  "build_$part" >&2 9>&- # without the lock: a stray compiler must not keep it
  echo "built $part in $SECONDS s" >&2
done
rm -rf "$work/eso" "$work/external-secrets"

# The stamp is the last file written, and the rename comes after it: an interrupted build is never taken for a result.
touch "$work/complete"
chmod 755 "$work" # mktemp made it private
rm -rf "$result" # cannot be, unless somebody deleted its stamp
mv -T "$work" "$result"
echo "$result"
