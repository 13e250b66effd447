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

/** An order of a shop, as nginx writes it: with its own identifier and times in each reply. */
const JSON_REPLY = JSON.stringify({
  id: "$request_id",
  number: 104_233,
  status: "shipped",
  createdAt: "$time_iso8601",
  updatedAt: "$msec",
  customer: { id: 77_301, name: "Grace Hopper", email: "grace@example.com", locale: "en-US", premium: true },
  shippingAddress: { street: "12 Harbour Road", city: "Bristol", postalCode: "BS1 4RN", country: "GB" },
  items: [
    {
      sku: "KB-0042",
      title: "Mechanical keyboard, brown switches",
      quantity: 1,
      price: 89.9,
      currency: "EUR",
      taxRate: 0.2,
    },
    {
      sku: "CB-0007",
      title: "Cable, 2 m",
      quantity: 3,
      price: 7.5,
      currency: "EUR",
      taxRate: 0.2,
      image: "https://cdn.example.com/p/cb-0007.png?w=320",
    },
  ],
  totals: { net: 112.4, tax: 22.48, shipping: 4.9, gross: 139.78, currency: "EUR" },
  delivery: {
    carrier: "Parcel Force",
    estimated: "2026-02-03",
    notes: "Leave it with the neighbour at number 14 please, or behind the house.",
  },
  links: {
    self: "/v2/orders/104233",
    invoice: "/v2/orders/104233/invoice.pdf",
    items: "/v2/orders/104233/items?page=1",
  },
  tags: ["web", "returning", "gift"],
  version: 7,
});

/** A page with a form, a list and links. */
const HTML_REPLY = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Order $request_id</title><link rel="stylesheet" href="/static/main.css"></head><body class="page order"><header id="top"><a href="/" class="logo">Shop</a><nav><a href="/orders">Orders</a> <a href="/account">Account</a></nav></header><main><h1>Your order of $time_iso8601</h1><table class="items"><tr><th>Item</th><th>Price</th></tr><tr><td>Mechanical keyboard, brown switches</td><td>89.90</td></tr><tr><td>Cable, 2 m</td><td>7.50</td></tr></table><p>It is on its way, and comes on Tuesday. Ask us whenever something is missing, and keep the box for as long as you may want to send it back to us.</p><form action="/orders/search" method="get"><label for="q">Search</label><input type="text" name="q" id="q" value=""><button type="submit" class="primary">Find</button></form></main><footer><a href="/imprint">Imprint</a> <a href="/terms">Terms</a> <a href="https://example.com/help?topic=orders">Help</a></footer></body></html>`;

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

  /** nginx: 1 KiB at `/small` (of one letter), `/json` and `/html` (each reply another one), `bulkBytes` at `/bulk`. */
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
  server { listen 127.0.0.1:${port} backlog=4096; root ${root}; location /publish { return 200; } location /small { return 200 "${"x".repeat(1024)}"; }
    location /json { default_type application/json; return 200 '${JSON_REPLY}'; }
    location /html { default_type text/html; return 200 '${HTML_REPLY}'; } } }`,
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

  /**
   * @param sink the one that an HTTP tap on every request writes to (a YAML flow mapping); none without the filter
   * @param keptBytes how much the tap keeps of each body
   */
  async startHttpTap(name: string, port: number, upstream: number, sink?: string, keptBytes = 1024): Promise<Peer> {
    const output = `{max_buffered_rx_bytes: ${keptBytes}, max_buffered_tx_bytes: ${keptBytes}, sinks: [${sink}]}`;
    const tap = `{name: tap, typed_config: {"@type": ${HTTP_TAP}, common_config: {static_config: {match: {any_match: true}, output_config: ${output}}}}}, `;
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
