#!/bin/bash
# Ends the cluster of folder RUN, and removes what it wrote.
#   down.sh --keep-logs    leaves RUN/log
# Does nothing when there is no such cluster; safe to call twice.
set -uo pipefail
RUN=$(realpath -m "${RUN:?is to name the folder of the cluster to end}")
cd "$RUN/pids" 2> /dev/null || exit 0

# Ours by working directory too: the number may have been given to another process since. A process that has ended but
# that nobody has waited for (there are such parents in containers) has no working directory any more.
running() { [[ /proc/$1/cwd -ef $RUN ]]; }

# Nothing is left to save, so no one is asked politely: etcd and the API server can take seconds over it.
for name in *; do
  pid=$(cat "$name" 2> /dev/null) && running "$pid" || continue
  kill -KILL "$pid"
  while running "$pid"; do sleep 0.02; done
done

cd "$RUN" && rm -rf pids pki etcd kubectl kubectl-cache ./*.kubeconfig
[[ ${1:-} = --keep-logs ]] || rm -rf log
cd / && rmdir "$RUN" 2> /dev/null
exit 0
