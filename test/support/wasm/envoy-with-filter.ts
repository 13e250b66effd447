import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../processes.ts";
import { holdPrintedBooks } from "../proxy-books.ts";
import { findEnvoy } from "../real-envoy.ts";

const FILTER = join(import.meta.dirname, "../../../bin/http-trace-filter.wasm");

export interface EnvoyOptions {
  readonly folder: string;
  readonly service: { readonly http1: number; readonly http2: number };
  readonly backend: number;
  /** The filter's configuration. */
  readonly configuration?: object;
  readonly concurrency?: number;
  /** How many connections and waiting requests the backend's cluster has at most. */
  readonly backendLimit?: number;
  /** Further YAML of the wasm plugin's configuration, and another file. */
  readonly plugin?: string;
  readonly file?: string;
  /** Everything goes to the service in this HTTP, by a bootstrap that has nothing but what other programs take too. */
  readonly only?: 1 | 2;
  /** Another program that takes such a bootstrap: `tapline proxy`. */
  readonly program?: readonly [command: string, ...args: string[]];
}

/** A real Envoy with the filter before a service, and the same service without the filter. Both listeners take HTTP/1 and HTTP/2. */
export class EnvoyWithFilter {
  readonly port: number;
  readonly plainPort: number;
  readonly #admin: number;
  readonly #program: StartedProgram;

  private constructor(ports: readonly number[], program: StartedProgram) {
    [this.port, this.plainPort, this.#admin] = ports as [number, number, number];
    this.#program = program;
  }

  static async start(options: EnvoyOptions): Promise<EnvoyWithFilter> {
    const ports = await findFreePorts(3);
    const config = join(options.folder, `envoy-${ports[0]}.json`);
    writeFileSync(config, JSON.stringify(bootstrapOf(options, ports)));
    const { concurrency = 2 } = options;
    const [command, ...args] = options.program ?? [
      findEnvoy().path,
      ...["--concurrency", String(concurrency), "--use-dynamic-base-id", "-l", "warn"],
    ];
    const program = startProgram(command, [...args, "-c", config]);
    // The real Envoy asks the same services.
    if (options.program !== undefined) holdPrintedBooks(program.child, program.output, true);
    const envoy = new EnvoyWithFilter(ports, program);
    try {
      await Promise.race([waitForPort(envoy.port, 60), ended(program)]);
    } catch (error) {
      await program.stop();
      throw new Error(`Envoy did not start: ${(error as Error).message}\n${program.output().slice(-2000)}`);
    }
    return envoy;
  }

  get output(): string {
    return this.#program.output();
  }

  get pid(): number {
    return this.#program.child.pid!;
  }

  stop(): Promise<number | null> {
    return this.#program.stop();
  }

  /** The filter's metrics, by their names. */
  async metrics(): Promise<Record<string, number>> {
    const text = await fetchText(this.#admin, "/stats?filter=trace_exporter");
    const metrics: Record<string, number> = {};
    for (const [, name, value] of text.matchAll(/trace_exporter\.(\w+): (\d+)/g)) metrics[name!] = Number(value);
    return metrics;
  }

  /** The metrics once the filter has seen so many exchanges and every call was answered; fails after 3 minutes. */
  async settled(exchanges: number): Promise<Record<string, number>> {
    let metrics: Record<string, number> = {};
    for (let tries = 0; tries < 1800; tries++) {
      metrics = await this.metrics();
      const { dispatched = 0, delivered = 0, call_failed = 0, call_rejected = 0 } = metrics;
      if (metrics["exchanges"] === exchanges && dispatched === delivered + call_failed + call_rejected) return metrics;
      await delay(100);
    }
    throw new Error(`not settled at ${exchanges} exchanges: ${JSON.stringify(metrics)}`);
  }
}

async function ended({ child, output }: StartedProgram): Promise<never> {
  await new Promise((resolve) => child.once("exit", resolve));
  throw new Error(`it ended: ${output().slice(-1000)}`);
}

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

function bootstrapOf(options: EnvoyOptions, [port, plainPort, admin]: readonly number[]): object {
  if (options.only !== undefined) return plainBootstrap(options, port!, plainPort!, admin!);
  return {
    admin: { address: addressOf(admin!) },
    static_resources: {
      listeners: [listenerOf("filtered", port!, [wasmFilter(options)]), listenerOf("plain", plainPort!, [])],
      clusters: [
        clusterOf("http1", options.service.http1, false),
        clusterOf("http2", options.service.http2, true),
        clusterOf("nowhere", 1, false),
        { ...clusterOf("trace_analyzer", options.backend, false), ...limitsOf(options.backendLimit) },
      ],
    },
  };
}

function plainBootstrap(options: EnvoyOptions, port: number, plainPort: number, admin: number): object {
  const name = `http${options.only}`;
  const routes = [{ match: { prefix: "/" }, route: { cluster: name } }];
  const service = options.only === 1 ? options.service.http1 : options.service.http2;
  return {
    admin: { address: addressOf(admin) },
    static_resources: {
      listeners: [
        managerOf("filtered", port, [wasmFilter(options)], routes, {}),
        managerOf("plain", plainPort, [], routes, {}),
      ],
      clusters: [clusterOf(name, service, options.only === 2), clusterOf("trace_analyzer", options.backend, false)],
    },
  };
}

function wasmFilter({ configuration = {}, plugin = "{}", file = FILTER }: EnvoyOptions): object {
  return {
    name: "envoy.filters.http.wasm",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name: "trace-filter",
        root_id: "trace-outbound-filter",
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: JSON.stringify(configuration),
        },
        vm_config: {
          vm_id: "trace-outbound-filter",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: file } },
        },
        ...JSON.parse(plugin),
      },
    },
  };
}

function listenerOf(name: string, port: number, filters: readonly object[]): object {
  const route = (prefix: string, cluster: string) => ({ match: { prefix }, route: { cluster, timeout: "120s" } });
  const direct = { status: 418, body: { inline_string: "direct" } };
  const routes = [
    route("/two/", "http2"),
    route("/nowhere", "nowhere"),
    { match: { prefix: "/direct" }, direct_response: direct },
    route("/one/", "http1"),
  ];
  const more = { preserve_external_request_id: true, upgrade_configs: [{ upgrade_type: "websocket" }] };
  return managerOf(name, port, filters, routes, more);
}

function managerOf(
  name: string,
  port: number,
  filters: readonly object[],
  routes: readonly object[],
  more: object,
): object {
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: name,
    codec_type: "AUTO",
    ...more,
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [
      ...filters,
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
  };
  const filter = { name: "envoy.filters.network.http_connection_manager", typed_config: manager };
  return { name, address: addressOf(port), filter_chains: [{ filters: [filter] }] };
}

function clusterOf(name: string, port: number, isHttp2: boolean): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "60s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(port) } }] }],
    },
    ...(isHttp2 && {
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    }),
  };
}

function limitsOf(limit: number | undefined): object {
  if (limit === undefined) return {};
  return {
    circuit_breakers: { thresholds: [{ max_connections: limit, max_pending_requests: limit, max_requests: limit }] },
  };
}

function addressOf(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
