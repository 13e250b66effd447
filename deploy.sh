#!/usr/bin/env bash
# Puts the trace filter into the Istio sidecars of namespaces, with kubectl: the variables and defaults of openclarity/wasm-filters' deploy.sh.
# `tapline deploy filter` does the same without kubectl, and more (docs/deploy.md).
#
# usage: ./deploy.sh [--dry-run | --remove] NAMESPACE…
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CONFIG_MAP=${WASM_FILTER_CONFIG_MAP_NAME:-wasm-filter}
DEFAULT_ADDRESS=apiclarity-apiclarity.apiclarity.svc.cluster.local
ADDRESS=${WASM_FILTER_TRACE_BACKEND_ADDRESS:-$DEFAULT_ADDRESS}
BINARY=${WASM_FILTER_BINARY_PATH:-bin/http-trace-filter.wasm}
PORT=${WASM_FILTER_TRACE_BACKEND_PORT:-9000}
SAMPLING_PORT=${WASM_FILTER_TRACE_SAMPLING_PORT:-9990}
SAMPLING=${TRACE_SAMPLING_ENABLED:-false}
MOUNT=/var/local/lib/wasm-filters
VOLUME=wasmfilters-dir

mode=apply
namespaces=()
for argument in "$@"; do
  case $argument in
    --dry-run) mode=dry-run ;;
    --remove) mode=remove ;;
    -*) mode=usage ;;
    *) namespaces+=("$argument") ;;
  esac
done

fail() { # STATUS MESSAGE
  echo "deploy.sh: $2" >&2
  exit "$1"
}

if [ "$mode" = usage ] || [ ${#namespaces[@]} -eq 0 ]; then
  fail 2 "usage: ./deploy.sh [--dry-run | --remove] NAMESPACE…"
fi
is_port() { [[ $1 =~ ^[0-9]{1,5}$ ]] && [ "$1" -ge 1 ] && [ "$1" -le 65535 ]; }
is_port "$PORT" || fail 2 "WASM_FILTER_TRACE_BACKEND_PORT=$PORT: expected a port"
is_port "$SAMPLING_PORT" || fail 2 "WASM_FILTER_TRACE_SAMPLING_PORT=$SAMPLING_PORT: expected a port"
[[ $ADDRESS =~ ^[A-Za-z0-9:]([-.A-Za-z0-9:]*[A-Za-z0-9])?$ ]] ||
  fail 2 "WASM_FILTER_TRACE_BACKEND_ADDRESS=$ADDRESS: expected a host name or an address, without scheme, port and path"
[[ $CONFIG_MAP =~ ^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$ ]] ||
  fail 2 "WASM_FILTER_CONFIG_MAP_NAME=$CONFIG_MAP: expected lower-case letters, digits, - and dots"
FILE=$(basename "$BINARY")
[[ $FILE =~ ^[-._A-Za-z0-9]+$ ]] || fail 2 "WASM_FILTER_BINARY_PATH=$BINARY: $FILE cannot be a key of a ConfigMap"
[ "$mode" = remove ] || [ -f "$BINARY" ] || fail 1 "there is no $BINARY: make build"

# APIClarity takes POST /api/telemetry alone; others take the documented POST /publish.
FORMAT=scn
[ "$ADDRESS" != "$DEFAULT_ADDRESS" ] || FORMAT=apiclarity
CONFIGURATION="{\"format\":\"$FORMAT\"}"
[ "$SAMPLING" != true ] || CONFIGURATION="{\"format\":\"$FORMAT\",\"trace_sampling_enabled\":\"true\"}"

cluster() { # NAME PORT
  cat <<EOF
  - applyTo: CLUSTER
    match:
      context: SIDECAR_OUTBOUND
    patch:
      operation: ADD
      value:
        name: $1
        type: LOGICAL_DNS
        connect_timeout: 0.5s
        lb_policy: ROUND_ROBIN
        load_assignment:
          cluster_name: $1
          endpoints:
          - lb_endpoints:
            - endpoint:
                address:
                  socket_address:
                    protocol: TCP
                    address: "$ADDRESS"
                    port_value: $2
EOF
}

envoy_filter() { # NAMESPACE
  cat <<EOF
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata:
  name: trace-filter
  namespace: $1
  labels:
    workload-type: pod
    app.kubernetes.io/managed-by: tapline
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match:
      context: SIDECAR_OUTBOUND
      listener:
        filterChain:
          filter:
            name: envoy.filters.network.http_connection_manager
            subFilter:
              name: envoy.filters.http.router
    patch:
      operation: INSERT_BEFORE
      value:
        name: envoy.filters.http.wasm
        typed_config:
          "@type": type.googleapis.com/udpa.type.v1.TypedStruct
          type_url: type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
          value:
            config:
              name: trace-filter
              root_id: trace-outbound-filter
              fail_open: true
              configuration:
                "@type": type.googleapis.com/google.protobuf.StringValue
                value: '$CONFIGURATION'
              vm_config:
                vm_id: trace-outbound-filter
                runtime: envoy.wasm.runtime.v8
                code:
                  local:
                    filename: $MOUNT/$FILE
EOF
  cluster trace_analyzer "$PORT"
  [ "$SAMPLING" != true ] || cluster trace-sampling-manager "$SAMPLING_PORT"
}

volume="[{\"name\":\"$VOLUME\",\"configMap\":{\"name\":\"$CONFIG_MAP\"}}]"
mount="[{\"mountPath\":\"$MOUNT\",\"name\":\"$VOLUME\"}]"

annotations() { # VOLUME MOUNT, both as JSON
  printf '{"spec":{"template":{"metadata":{"annotations":{"sidecar.istio.io/userVolume":%s,"sidecar.istio.io/userVolumeMount":%s}}}}}' "$1" "$2"
}

quoted() { # TEXT: as a JSON string
  printf '"%s"' "${1//\"/\\\"}"
}

config_map() { # NAMESPACE
  kubectl create configmap "$CONFIG_MAP" -n "$1" --from-file="$FILE=$BINARY" --dry-run=client -o yaml
}

workloads() { # NAMESPACE KIND
  kubectl get "$2" -n "$1" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'
}

deploy() { # NAMESPACE
  local yaml outcome kind name patched restart=()
  yaml=$(config_map "$1") || fail 1 "$1: the ConfigMap cannot be made"
  outcome=$(kubectl apply -n "$1" -f - <<<"$yaml") || fail 1 "$1: the ConfigMap cannot be applied"
  echo "$outcome"
  for kind in deployments statefulsets daemonsets; do
    for name in $(workloads "$1" "$kind"); do
      patched=$(kubectl patch "$kind" "$name" -n "$1" --type merge -p "$(annotations "$(quoted "$volume")" "$(quoted "$mount")")") || {
        echo "deploy.sh: $1: $kind/$name cannot be patched" >&2
        continue
      }
      echo "$patched"
      # A changed template rolls by itself. The file is read once, so where it alone changed, pods have to be restarted.
      case "$patched" in
        *"(no change)"*) case "$outcome" in *configured*) restart+=("$kind/$name") ;; esac ;;
      esac
    done
  done
  envoy_filter "$1" | kubectl apply -n "$1" -f - || fail 1 "$1: the EnvoyFilter cannot be applied"
  [ ${#restart[@]} -eq 0 ] || echo "To load the filter: kubectl rollout restart -n $1 ${restart[*]}"
}

remove() { # NAMESPACE
  local kind name
  kubectl delete envoyfilter trace-filter -n "$1" --ignore-not-found
  for kind in deployments statefulsets daemonsets; do
    for name in $(workloads "$1" "$kind"); do
      kubectl patch "$kind" "$name" -n "$1" --type merge -p "$(annotations null null)" ||
        echo "deploy.sh: $1: $kind/$name cannot be patched" >&2
    done
  done
  kubectl delete configmap "$CONFIG_MAP" -n "$1" --ignore-not-found
}

for namespace in "${namespaces[@]}"; do
  if [ "$mode" = dry-run ]; then
    echo "---"
    echo "# ConfigMap $CONFIG_MAP: $FILE=$BINARY"
    echo "# Every Deployment, StatefulSet and DaemonSet: $(annotations "$(quoted "$volume")" "$(quoted "$mount")")"
    envoy_filter "$namespace"
    continue
  fi
  if ! kubectl get ns "$namespace" >/dev/null 2>&1; then
    echo "There is no namespace $namespace" >&2
    continue
  fi
  if [ "$mode" = remove ]; then remove "$namespace"; else deploy "$namespace"; fi
done
