import { roverConfigOf } from "../../../src/source/ebpf/rover/rover-config.ts";
import { parseProxyConfig } from "../../../src/source/proxy/config/parse-proxy-config.ts";
import { parseDocument } from "../../../src/wire/config-document/index.ts";

/** Checks what is no command: a configuration by its reader, whole or a part of one; JSON by its grammar. @throws Error where it is wrong */
export async function checkText(language: string, text: string, readFile: (path: string) => Uint8Array): Promise<void> {
  if (language === "json") return void JSON.parse(text.replaceAll("{ … }", "{}").replaceAll(", …", ""));
  const key = /^(?:#.*\n)*([\w_]+):/.exec(text)?.[1] ?? "";
  if (key === "core" || key === "access_log")
    return void roverConfigOf(await parseDocument(text, { file: "rover.yaml" }), {});
  const place = PLACES[key];
  if (place === undefined) throw new Error(`it is not known how to check YAML that begins with '${key}:'`);
  await parseProxyConfig(place(text), { file: "page.yaml", readFile });
}

type Place = (part: string) => string;

/** Where a part stands in a configuration, by its first key. `…` stands for what another block shows. */
const PLACES: Readonly<Record<string, Place>> = {
  static_resources: (part) => part,
  node: (part) => part,
  admin: (part) => `${part}\n${bootstrap("")}`,
  http_filters: (part) => bootstrap("", part),
  transport_socket: (part) => bootstrap(part),
  static_config: (part) => bootstrap("", tapFilter(part.replace("output_config: …", OUTPUT))),
  // Several lines are several examples: the last is taken, the others are checked in turn.
  match: (part) =>
    bootstrap(
      "",
      part
        .split("\n")
        .map((line) => tapFilter(`static_config:\n  ${line}\n  ${OUTPUT}`))
        .join("\n"),
    ),
  sinks: (part) =>
    bootstrap("", tapFilter(`static_config:\n  match: { any_match: true }\n  output_config:\n${indent(part, 4)}`)),
};

const OUTPUT = "output_config: { sinks: [ { file_per_tap: { path_prefix: traces/page } } ] }";
const TYPES = "type.googleapis.com/envoy.extensions";

let taps = 0;
function tapFilter(common: string): string {
  const part = common.replace("path_prefix: traces/page", `path_prefix: traces/page${taps++}`);
  return `- name: tap
  typed_config:
    "@type": ${TYPES}.filters.http.tap.v3.Tap
    common_config:
${indent(part, 6)}`;
}

/** A bootstrap with one listener, its socket or its HTTP filters given. */
function bootstrap(socket: string, filters = ""): string {
  const list = filters.replace(/^http_filters:\n/, "");
  const router = list.includes("http.router")
    ? ""
    : `            - { name: router, typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router } }\n`;
  const cluster = (name: string) =>
    `  - { name: ${name}, load_assignment: { cluster_name: ${name}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8080 } } } } ] } ] } }\n`;
  const admin = list.includes("admin_config") ? "admin: { address: { pipe: { path: admin.sock } } }\n" : "";
  return `${admin}static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: service } } ] } ] }
          http_filters:
${indent(list, 12)}
${router}${indent(socket, 6)}
  clusters:
${cluster("service")}${cluster("collector")}`;
}

function indent(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : " ".repeat(columns) + line))
    .join("\n");
}
