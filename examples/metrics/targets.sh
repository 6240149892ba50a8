#!/usr/bin/env bash
#
# Prints the web ports of all servers on this Docker host as Prometheus takes them (file_sd_configs). Stopped servers are among them, so
# that they are missed; that is why this does not leave the search to Prometheus (docker_sd_configs sees running containers only).
# usage: targets.sh [CLUSTER]
set -Eeuo pipefail

label() { printf '"{{.Label "ecp.%s"}}"' "$1"; }

filters=(--filter label=ecp.web)
[[ $# -eq 0 ]] || filters+=(--filter "label=ecp.cluster=$1")
docker ps --all "${filters[@]}" --format \
  "- {targets: [$(label web)], labels: {cluster: $(label cluster), server: $(label server), role: $(label role), engine: $(label engine)}}"
