import { makeAnalyzer, type ProcessAnalyzer } from "./process-names.ts";

const MESH_SERVICE =
  '{{.Pod.LabelValue "service.istio.io/canonical-name,app.kubernetes.io/name,app" ""}}.{{.Pod.Namespace}}';

/** Those of Rover's own configuration file, with the names of their variables (and its `LABLES`). */
const DEFAULTS = [
  {
    variable: "ISTIO_ENVOY",
    filters: { HAS_ENVOY: '.Pod.HasContainer "istio-proxy"', CONTAINER_IS_ENVOY: 'eq .Container.Name "istio-proxy"' },
    layer: "MESH_DP",
    service: { variable: "SERVICE_NAME", name: MESH_SERVICE },
    labels: { variable: "LABELS", name: "mesh-envoy" },
  },
  {
    variable: "ISTIO_APPLICATION",
    filters: { HAS_ENVOY: '.Pod.HasContainer "istio-proxy"', CONTAINER_NOT_ENVOY: 'ne .Container.Name "istio-proxy"' },
    layer: "MESH",
    service: { variable: "SERVICE_NAME", name: MESH_SERVICE },
    labels: { variable: "LABELS", name: "mesh-application" },
  },
  {
    variable: "K8S_SERVICE",
    filters: { HAS_SERVICE: ".Pod.HasServiceName" },
    layer: "K8S_SERVICE",
    service: { variable: "NAME", name: "{{.Pod.ServiceName}}.{{.Pod.Namespace}}" },
    labels: { variable: "LABLES", name: "k8s-service" },
  },
] as const;

/** Analyzers of a configuration that names none: a mesh's proxies, the applications behind them, and what a service selects. */
export function makeDefaultAnalyzers(environment: Readonly<Record<string, string | undefined>>): ProcessAnalyzer[] {
  return DEFAULTS.map(({ variable, filters, layer, service, labels }) => {
    const value = (name: string, otherwise: string): string =>
      `\${ROVER_PROCESS_DISCOVERY_KUBERNETES_ANALYZER_${variable}_${name}:${otherwise}}`;
    const texts = new Map([
      ["active", value("ACTIVE", "true")],
      ["layer", value("LAYER", layer)],
      ["service_name", value(service.variable, service.name)],
      ["instance_name", value("INSTANCE_NAME", "{{.Pod.Name}}")],
      ["process_name", value("PROCESS_NAME", "{{.Process.ExeName}}")],
      ["labels", value(labels.variable, labels.name)],
    ]);
    const lists = new Map([["filters", Object.entries(filters).map(([name, filter]) => value(name, filter))]]);
    return makeAnalyzer({ texts, lists }, environment);
  });
}
