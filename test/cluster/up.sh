#!/bin/bash
# Starts the cluster on loopback, with everything it writes in one folder:
#   RUN             required: a folder that does not exist yet, or an empty one
#   CLUSTER_PORTS   first of seven consecutive ports (default 23790)
#   ESO_FLAGS       more flags for the operator's controllers, such as "--concurrent=4"
#   up.sh           returns when all is ready; down.sh ends it
#   up.sh --hold    stays, and ends everything when its standard input closes or a signal ends it
# The way in is $RUN/admin.kubeconfig, with $RUN/kubectl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RUN=$(realpath -m "${RUN:?is to name an empty folder for this cluster}")
first=${CLUSTER_PORTS:-23790}
etcd=http://127.0.0.1:$first etcd_peer=http://127.0.0.1:$((first + 1))
api_port=$((first + 2)) controllers_port=$((first + 3))
metrics_port=$((first + 4)) live_port=$((first + 5)) admission_port=$((first + 6))
api=https://127.0.0.1:$api_port

[[ -z $(ls -A "$RUN" 2>/dev/null) ]] || { echo "$RUN is not empty: is a cluster running there? (down.sh)" >&2; exit 1; }
built=$("$here/build.sh")
pki=$RUN/pki
(umask 077 && mkdir -p "$RUN"/{pki/admission,log,pids,etcd})
ln -s "$built/bin/kubectl" "$RUN/kubectl"
export KUBECONFIG=$RUN/admin.kubeconfig
# What kubectl remembers about a server is filed under host and port: another cluster's, if it had the same port.
export KUBECACHEDIR=$RUN/kubectl-cache KUBERC=off
started=$(date +%s%N)
lap() { printf '%6d ms  %s\n' $((($(date +%s%N) - started) / 1000000)) "$1"; }

# --- ending: whatever the reason, nothing is left running ---
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'RUN=$RUN "$here/down.sh" --keep-logs' EXIT

# --- keys and certificates ---
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
certificate() { # file without suffix, subject, extensions
  new_key "$1.key"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  printf 'keyUsage=digitalSignature,keyEncipherment\n%s\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 30 \
    -extfile "$1.ext" -out "$1.crt" 2>> "$RUN/log/openssl.log"
}
server="extendedKeyUsage=serverAuth
subjectAltName=IP:127.0.0.1,DNS:localhost"
new_key "$pki/ca.key"
openssl req -x509 -new -key "$pki/ca.key" -subj /CN=cluster-ca -days 30 -out "$pki/ca.crt"
certificate "$pki/apiserver" /CN=kube-apiserver "$server,IP:10.0.0.1,DNS:kubernetes.default.svc"
certificate "$pki/admin" /O=system:masters/CN=admin extendedKeyUsage=clientAuth
certificate "$pki/controllers" /CN=system:kube-controller-manager extendedKeyUsage=clientAuth
certificate "$pki/admission/tls" /CN=admission "$server"
openssl genrsa -out "$pki/service-accounts.key" 2048 2>> "$RUN/log/openssl.log"
openssl rsa -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub" 2>> "$RUN/log/openssl.log"

for name in admin controllers; do
  cat > "$RUN/$name.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "$api", certificate-authority: "$pki/ca.crt"}}]
users: [{name: $name, user: {client-certificate: "$pki/$name.crt", client-key: "$pki/$name.key"}}]
contexts: [{name: test, context: {cluster: test, user: $name}}]
current-context: test
YAML
done
lap "keys and certificates"

# --- processes ---
# In a session of their own, or a Ctrl-C on the terminal would end them before down.sh can. down.sh knows a process by
# its number and its working directory: a number alone may since belong to somebody else.
start() { # name, command...
  local name=$1
  shift
  (cd "$RUN" && exec setsid "$@" > "log/$name.log" 2>&1 < /dev/null) &
  echo $! > "$RUN/pids/$name"
}
# Repeats a command until it succeeds; gives up after a minute, or when a process has ended.
await() { # what, command...
  local what=$1 deadline=$((SECONDS + 60)) file
  shift
  until "$@" > /dev/null 2>&1; do
    for file in "$RUN"/pids/*; do
      kill -0 "$(< "$file")" 2> /dev/null || { give_up "${file##*/} ended" "${file##*/}"; }
    done
    ((SECONDS < deadline)) || give_up "$what: not within 60 s" apiserver
    sleep 0.1
  done
  lap "$what"
}
give_up() { # why, whose log
  echo "$1; the end of $RUN/log/$2.log:" >&2
  tail -n 15 "$RUN/log/$2.log" >&2
  exit 1
}
get() { curl -sf --noproxy '*' --max-time 5 "$@"; }
ask_api() { get --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "$api$1"; }

start etcd "$built/bin/etcd" --name=test --data-dir="$RUN/etcd" --log-level=warn --unsafe-no-fsync \
  --listen-client-urls="$etcd" --advertise-client-urls="$etcd" \
  --listen-peer-urls="$etcd_peer" --initial-advertise-peer-urls="$etcd_peer" --initial-cluster="test=$etcd_peer"

# Without the reconciler no endpoint is published, which could not be a loopback address.
start apiserver "$built/bin/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 --secure-port="$api_port" \
  --advertise-address=127.0.0.1 --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24 \
  --authorization-mode=RBAC --client-ca-file="$pki/ca.crt" --cert-dir="$pki" \
  --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
  --service-account-issuer="$api" --service-account-key-file="$pki/service-accounts.pub" \
  --service-account-signing-key-file="$pki/service-accounts.key"
await "API server ready" ask_api /readyz

# Server-side, since the definitions are larger than the annotation of a client-side apply may be. Before the
# controllers, since the garbage collector looks for new kinds only every 30 s.
"$RUN/kubectl" apply --server-side -f "$built/crds.yaml" > "$RUN/log/crds.log"
"$RUN/kubectl" wait --for=condition=Established crd --all --timeout=60s >> "$RUN/log/crds.log"
lap "definitions of External Secrets established"

# After the API server is ready, since it ends at once when its roles do not exist yet. Each controller has its own
# account, as the roles expect; there is no front proxy whose certificate authority could be looked up.
start controllers "$built/bin/kube-controller-manager" --bind-address=127.0.0.1 --secure-port="$controllers_port" \
  --kubeconfig="$RUN/controllers.kubeconfig" --authentication-kubeconfig="$RUN/controllers.kubeconfig" \
  --authorization-kubeconfig="$RUN/controllers.kubeconfig" --authentication-skip-lookup --cert-dir="$pki" \
  --leader-elect=false --use-service-account-credentials --root-ca-file="$pki/ca.crt" \
  --service-account-private-key-file="$pki/service-accounts.key" \
  --controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller,serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller

start admission "$built/bin/eso" admission "$pki/admission" "$admission_port"
read -ra eso_flags <<< "${ESO_FLAGS:-}"
start eso "$built/bin/eso" --metrics-addr="127.0.0.1:$metrics_port" --live-addr="127.0.0.1:$live_port" \
  --loglevel=debug --zap-time-encoding=rfc3339nano ${eso_flags[@]+"${eso_flags[@]}"}
await "controllers at work" ask_api /api/v1/namespaces/default/serviceaccounts/default
await "admission webhook listens" get --cacert "$pki/ca.crt" -X POST -o /dev/null \
  "https://127.0.0.1:$admission_port/validate-external-secrets-io-v1-externalsecret"
await "External Secrets Operator live" get "http://127.0.0.1:$live_port/healthz"

# The same rules as the Helm chart's.
rule() { # kind in lower case, scope
  cat <<YAML
  - name: validate.$1.external-secrets.io
    clientConfig:
      url: https://127.0.0.1:$admission_port/validate-external-secrets-io-v1-$1
      caBundle: $(openssl base64 -A -in "$pki/ca.crt")
    rules:
      - {apiGroups: [external-secrets.io], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [$1s], scope: $2}
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 5
YAML
}
{
  printf '%s\n' "apiVersion: admissionregistration.k8s.io/v1" "kind: ValidatingWebhookConfiguration" \
    "metadata: {name: external-secrets}" "webhooks:"
  rule externalsecret Namespaced
  rule secretstore Namespaced
  rule clustersecretstore Cluster
} | "$RUN/kubectl" apply -f - > "$RUN/log/admission-rules.log"
lap "ready"

if [[ ${1:-} = --hold ]]; then
  # 'wait' lets a signal through at once; a foreground cat would not.
  cat <&0 > /dev/null &
  wait $! || true
  exit 0
fi
trap - EXIT
printf '\nexport KUBECONFIG=%s KUBECACHEDIR=%s\nalias kubectl=%s\n' "$KUBECONFIG" "$KUBECACHEDIR" "$RUN/kubectl"
