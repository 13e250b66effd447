import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../test/support/needs.ts";
import { waitForPort } from "../../test/support/processes.ts";

/** A proxy that is measured. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const TAP = "type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap";
const HTTP_TAP = "type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap";
const HTTP_MANAGER =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
/** `TAPLINE_BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=/tmp/profiles"` profiles the proxies. */
const NODE_FLAGS = (process.env["TAPLINE_BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");
const TCP_PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

/** Starts the service that everything is proxied to, and the proxies, in `folder`. Peers that are missing are left out. */
export class ProxyPeers {
  readonly #folder: string;
  readonly #tapline: readonly string[];
  readonly #children: ChildProcess[] = [];

  /** @param tapline the command line that is measured: by default this checkout's sources */
  constructor(folder: string, tapline: readonly string[] = [process.execPath, ...NODE_FLAGS, MAIN]) {
    this.#folder = folder;
    this.#tapline = tapline;
  }

  stop(): void {
    for (const child of this.#children) child.kill();
  }

  /** nginx: 1 KiB at `/small`, `bulkBytes` at `/bulk`. */
  async startNginx(port: number, bulkBytes: number): Promise<void> {
    const root = join(this.#folder, "www");
    mkdirSync(root);
    writeFileSync(join(root, "bulk"), Buffer.alloc(bulkBytes, "bulk data "));
    const config = join(this.#folder, "nginx.conf");
    writeFileSync(
      config,
      `worker_processes 1; daemon off; user root; pid ${this.#folder}/nginx.pid; error_log ${this.#folder}/nginx.log;
events { worker_connections 16384; }
http { access_log off; keepalive_requests 1000000000; sendfile on; default_type text/plain;
  server { listen 127.0.0.1:${port} backlog=4096; root ${root}; location /publish { return 200; } location /small { return 200 "${"x".repeat(1024)}"; } } }`,
    );
    await this.#start(findProgram("nginx")!, ["-c", config], port, 1);
  }

  /** A service that answers a line with a line and keeps connections open. */
  async startIdleService(port: number): Promise<void> {
    await this.#start(process.execPath, [join(import.meta.dirname, "idle-service.ts"), `${port}`], port, 1);
  }

  async startHaproxy(name: string, port: number, upstream: number, extra = ""): Promise<Peer | undefined> {
    const program = findProgram("haproxy");
    if (program === undefined) return undefined;
    const config = join(this.#folder, `${name}.cfg`);
    writeFileSync(
      config,
      `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${extra}
listen front
  bind 127.0.0.1:${port}
  server back 127.0.0.1:${upstream}
`,
    );
    return { name, port, pid: await this.#start(program, ["-f", config], port, 0) };
  }

  async startPipe(port: number, upstream: number): Promise<Peer> {
    const script = join(import.meta.dirname, "pipe-proxy.ts");
    return {
      name: "net.pipe",
      port,
      pid: await this.#start(process.execPath, [script, `${port}`, `${upstream}`], port, 0),
    };
  }

  /**
   * @param taps the folder for the traces of a downstream tap with Envoy's default limits; none without
   * @param processes how many share the port
   */
  async startTapline(name: string, port: number, upstream: number, taps?: string, processes = 1): Promise<Peer> {
    const config = join(this.#folder, `${name}.yaml`);
    const address = (at: number) => `{socket_address: {address: 127.0.0.1, port_value: ${at}}}`;
    const socket = `, transport_socket: {name: tap, typed_config: {"@type": ${TAP}, common_config: {static_config: {match: {any_match: true}, output_config: {sinks: [{format: PROTO_BINARY, file_per_tap: {path_prefix: ${taps}/tap}}]}}}, transport_socket: {name: raw_buffer}}}`;
    writeFileSync(
      config,
      `static_resources:
  listeners:
  - {name: front, tcp_backlog_size: 4096, address: ${address(port)}, filter_chains: [{filters: [{name: tcp, typed_config: {"@type": ${TCP_PROXY}, stat_prefix: x, cluster: back}}]${taps === undefined ? "" : socket}}]}
  clusters:
  - {name: back, load_assignment: {cluster_name: back, endpoints: [{lb_endpoints: [{endpoint: {address: ${address(upstream)}}}]}]}}
`,
    );
    return {
      name,
      port,
      pid: await this.#startTapline(port, "-c", config, "--concurrency", String(processes)),
    };
  }

  /** @param sink the one that an HTTP tap on every request writes to (a YAML flow mapping); none without the filter */
  async startHttpTap(name: string, port: number, upstream: number, sink?: string): Promise<Peer> {
    const tap = `{name: tap, typed_config: {"@type": ${HTTP_TAP}, common_config: {static_config: {match: {any_match: true}, output_config: {sinks: [${sink}]}}}}}, `;
    return this.startHttpProxy(name, port, upstream, sink === undefined ? "" : tap);
  }

  /** A plain proxy of node:http. */
  async startNodeHttp(port: number, upstream: number): Promise<Peer> {
    const script = join(import.meta.dirname, "http-proxy.ts");
    const pid = await this.#start(process.execPath, [script, `${port}`, `${upstream}`], port, 0);
    return { name: "node:http", port, pid };
  }

  /** A manager that chooses between routes: HTTP is terminated. */
  async startRouted(name: string, port: number, upstream: number): Promise<Peer> {
    const direct = '{match: {path: "/none"}, direct_response: {status: 404}}';
    return this.startHttpProxy(name, port, upstream, "", undefined, `${direct}, `);
  }

  /** @param filters HTTP filters before the router, as `routes` before the one for all, each with a comma behind it; YAML flow */
  async startHttpProxy(
    name: string,
    port: number,
    upstream: number,
    filters: string,
    admin?: number,
    routes = "",
  ): Promise<Peer> {
    const config = join(this.#folder, `${name}.yaml`);
    const address = (at: number) => `{socket_address: {address: 127.0.0.1, port_value: ${at}}}`;
    writeFileSync(
      config,
      `${admin === undefined ? "" : `admin: {address: ${address(admin)}}\n`}static_resources:
  listeners:
  - name: front
    tcp_backlog_size: 4096
    address: ${address(port)}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${HTTP_MANAGER}
          stat_prefix: x
          route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [${routes}{match: {prefix: "/"}, route: {cluster: back}}]}]}
          http_filters: [${filters}{name: router, typed_config: {"@type": ${ROUTER}}}]
  clusters:
  - {name: back, load_assignment: {cluster_name: back, endpoints: [{lb_endpoints: [{endpoint: {address: ${address(upstream)}}}]}]}}
`,
    );
    return {
      name,
      port,
      pid: await this.#startTapline(port, "-c", config),
    };
  }

  #startTapline(port: number, ...args: string[]): Promise<number> {
    const [program, ...rest] = this.#tapline;
    return this.#start(program!, [...rest, "proxy", ...args], port, 0);
  }

  /** Pins the proxies to one processor and the rest to another, where there are two and taskset is there. */
  async #start(program: string, args: readonly string[], port: number, processor: number): Promise<number> {
    const log = openSync(join(this.#folder, `${port}.log`), "a");
    const pinned = cpus().length > 1 && findProgram("taskset") !== undefined;
    const command = pinned ? ["taskset", "-c", String(processor), program, ...args] : [program, ...args];
    const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", log, log] });
    this.#children.push(child);
    child.once("exit", (code) => {
      if (code) process.exitCode = 1;
    });
    await once(child, "spawn");
    await waitForPort(port);
    return child.pid!;
  }
}
