import { type ClusterObject, MANAGED } from "../cluster-object.ts";
import { filterConfiguration } from "./envoy-filter.ts";
import { FILTER_NAME, type FilterOptions, MOUNT_PATH } from "./filter-options.ts";

/**
 * Istio's WasmPlugin (Istio 1.12 and later): without clusters of its own, the filter calls those that Istio makes of services, so the
 * backend must be a service of the mesh.
 */
export function buildWasmPlugin(options: FilterOptions, namespace: string): ClusterObject {
  const { address, port, samplingPort, inbound, onFailure, code } = options;
  const service = (at: number) => `outbound|${at}||${address}`;
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "WasmPlugin",
    metadata: { name: FILTER_NAME, namespace, labels: MANAGED },
    spec: {
      url: code.kind === "remote" ? code.url : `file://${MOUNT_PATH}/${code.file}`,
      ...(code.kind === "remote" && { sha256: code.sha256 }),
      failStrategy: { "fail-open": "FAIL_OPEN", "fail-reload": "FAIL_RELOAD", "fail-closed": "FAIL_CLOSE" }[onFailure],
      match: [{ mode: inbound ? "CLIENT_AND_SERVER" : "CLIENT" }],
      pluginConfig: {
        ...filterConfiguration(options),
        cluster: service(port),
        ...(samplingPort !== undefined && { sampling: { enabled: true, cluster: service(samplingPort) } }),
      },
    },
  };
}
