import { type BootstrapFeature, type FeatureClass, type Json, type SampleParts, typed } from "./sample.ts";

/** Makes the function that adds a feature to the list. */
export const collectInto =
  (features: BootstrapFeature[]) =>
  (group: string, label: string, expected: FeatureClass, ...changes: readonly ((parts: any) => void)[]): void =>
    void features.push({
      group,
      label,
      expected,
      change: (parts) => {
        for (const change of changes) change(parts);
      },
    });

export const LOG = (name = "stdout") => [
  name === "stdout"
    ? typed("envoy.access_loggers.stdout", "access_loggers.stream.v3.StdoutAccessLog")
    : typed("envoy.access_loggers.file", "access_loggers.file.v3.FileAccessLog", { path: "/dev/null" }),
];
export const filter = (name: string, message: string, more: Json = {}, version = "v3") =>
  typed(`envoy.filters.http.${name}`, `filters.http.${name}.${version}.${message}`, more);
export const before =
  (one: Json) =>
  ({ manager }: SampleParts) =>
    void manager["http_filters"].unshift(one);
export const TAP = (more: Json = {}) => ({
  ...filter("tap", "Tap", { common_config: { admin_config: { config_id: "one" } } }),
  ...more,
});
export const tcp =
  (more: Json) =>
  ({ chain }: SampleParts) => {
    chain["filters"] = [typed("tcp", "filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: "t", ...more })];
  };
export const set = (part: keyof SampleParts, more: Json) => (parts: SampleParts) =>
  void Object.assign(parts[part], more);
export const action =
  (more: Json) =>
  ({ route }: SampleParts) =>
    void Object.assign(route["route"], more);
