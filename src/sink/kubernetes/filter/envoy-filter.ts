import { type ClusterObject, MANAGED } from "../cluster-object.ts";
import { FILTER_NAME, type FilterOptions, MOUNT_PATH, ROOT_ID } from "./filter-options.ts";

/** Istio's EnvoyFilter: the filter before the router, and the clusters that it and Envoy call. */
export function buildEnvoyFilter(options: FilterOptions, namespace: string): ClusterObject {
  const { address, port, samplingPort, inbound, code } = options;
  const clusters = [cluster("trace_analyzer", address, port)];
  if (samplingPort !== undefined) clusters.push(cluster("trace-sampling-manager", address, samplingPort));
  if (code.kind === "remote") clusters.push(fileCluster(code.url));
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: FILTER_NAME, namespace, labels: { "workload-type": "pod", ...MANAGED } },
    spec: {
      configPatches: [
        httpFilter(options, "SIDECAR_OUTBOUND"),
        ...(inbound ? [httpFilter(options, "SIDECAR_INBOUND")] : []),
        // Clusters are the proxy's, whatever the direction: once is enough.
        ...clusters.map((value) => ({
          applyTo: "CLUSTER",
          match: { context: "SIDECAR_OUTBOUND" },
          patch: { operation: "ADD", value },
        })),
      ],
    },
  };
}

/** The filter's configuration, as JSON. */
export function filterConfiguration({ format, samplingPort, configuration }: FilterOptions): object {
  return { format, ...(samplingPort !== undefined && { trace_sampling_enabled: "true" }), ...configuration };
}

function httpFilter(options: FilterOptions, context: "SIDECAR_OUTBOUND" | "SIDECAR_INBOUND"): object {
  const { code, onFailure } = options;
  const router = { name: "envoy.filters.http.router" };
  const manager = { name: "envoy.filters.network.http_connection_manager", subFilter: router };
  return {
    applyTo: "HTTP_FILTER",
    match: { context, listener: { filterChain: { filter: manager } } },
    patch: {
      operation: "INSERT_BEFORE",
      value: {
        name: "envoy.filters.http.wasm",
        typed_config: {
          "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
          type_url: "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
          value: {
            config: {
              name: FILTER_NAME,
              root_id: ROOT_ID,
              ...(onFailure === "fail-reload"
                ? { failure_policy: "FAIL_RELOAD" }
                : { fail_open: onFailure === "fail-open" }),
              configuration: {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                value: JSON.stringify(filterConfiguration(options)),
              },
              vm_config: {
                vm_id: ROOT_ID,
                runtime: "envoy.wasm.runtime.v8",
                code:
                  code.kind === "remote"
                    ? {
                        remote: {
                          http_uri: { uri: code.url, cluster: FILE_CLUSTER, timeout: "10s" },
                          sha256: code.sha256,
                        },
                      }
                    : { local: { filename: `${MOUNT_PATH}/${code.file}` } },
              },
            },
          },
        },
      },
    },
  };
}

const FILE_CLUSTER = "trace-filter-file";

function fileCluster(url: string): object {
  const { hostname, port, protocol: scheme } = new URL(url);
  const isTls = scheme === "https:";
  const plain = cluster(FILE_CLUSTER, hostname.replace(/^\[|\]$/g, ""), Number(port) || (isTls ? 443 : 80));
  if (!isTls) return plain;
  const tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  return {
    ...plain,
    transport_socket: { name: "envoy.transport_sockets.tls", typed_config: { "@type": tls, sni: hostname } },
  };
}

function cluster(name: string, address: string, port: number): object {
  const endpoint = { address: { socket_address: { protocol: "TCP", address, port_value: port } } };
  return {
    name,
    type: "LOGICAL_DNS",
    connect_timeout: "0.5s",
    lb_policy: "ROUND_ROBIN",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}
