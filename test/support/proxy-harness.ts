import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  type Connection,
  type ConnectionTap,
  MemoryBudget,
  SILENT_LOGGER,
  type SocketEvent,
} from "../../src/model/index.ts";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";
import { describeRouting } from "../../src/source/proxy/describe-routing.ts";
import { TapProxy } from "../../src/source/proxy/tap-proxy.ts";
import { type Place, takeMark } from "./peer-bytes.ts";
import { type BookedProxy, holdBooks } from "./proxy-books.ts";

/** A tap's view of one connection: events as text, data joined per direction. */
export interface SeenConnection {
  readonly connection: Connection;
  readonly events: string[];
  read: string;
  written: string;
}

/** A tap on every connection, both sides, that remembers. */
export class RecordingTap implements ConnectionTap {
  readonly connections: SeenConnection[] = [];

  attach(connection: Connection) {
    const seen: SeenConnection = { connection, events: [], read: "", written: "" };
    this.connections.push(seen);
    return { observe: (event: SocketEvent) => this.#observe(seen, event) };
  }

  of(role: "server" | "client"): SeenConnection[] {
    return this.connections.filter(({ connection }) => connection.role === role);
  }

  #observe(seen: SeenConnection, event: SocketEvent): void {
    if (event.kind === "close") seen.events.push(`close ${event.how}`);
    else if (event.kind === "data") {
      const text = Buffer.from(event.data).toString("latin1");
      seen.events.push(`${event.direction} ${text.length}${event.endStream ? " end" : ""}`);
      if (event.direction === "read") seen.read += text;
      else seen.written += text;
    } else seen.events.push(event.kind);
  }
}

export interface Harness {
  readonly proxy: TapProxy;
  readonly tap: RecordingTap;
  readonly budget: MemoryBudget;
  /** The port of the first listener. */
  readonly port: number;
  /** Reads another configuration, as SIGHUP does. */
  readonly reload: (bootstrap: string) => Promise<void>;
}

/** Runs a bootstrap in this process, on ports that the system chooses. Stop it with `proxy.stop()`. */
export async function startProxy(bootstrap: string, memoryBytes = 64 * 1024 * 1024): Promise<Harness> {
  const tap = new RecordingTap();
  const budget = new MemoryBudget(memoryBytes);
  let next = 0n;
  const proxy = new TapProxy({
    logger: SILENT_LOGGER,
    budget,
    nextConnectionId: () => next++,
    createTaps: () => [tap],
  });
  const reload = async (text: string) =>
    proxy.run(await parseProxyConfig(text, { file: "test.yaml", readFile: (path) => readFileSync(path) }));
  await reload(bootstrap);
  const booked = inThisProcess(proxy, bootstrap);
  holdBooks(booked);
  const { address } = proxy.addresses[0]!;
  return {
    proxy,
    tap,
    budget,
    port: address.kind === "ip" ? address.port : 0,
    reload: async (text) => {
      await reload(text);
      booked.places();
    },
  };
}

/** A proxy of this process, for its books to be held. @param admin the port of its admin listener */
export function inThisProcess(proxy: TapProxy, bootstrap: string, admin?: number): BookedProxy {
  const places = new Set<Place>(admin === undefined ? [] : [admin]);
  const note = () => {
    for (const { address } of proxy.addresses) places.add(address.kind === "ip" ? address.port : address.path);
  };
  note();
  let until: number | undefined;
  const { stop } = proxy;
  proxy.stop = (...args) => {
    until ??= takeMark();
    return stop.apply(proxy, args);
  };
  return {
    until: () => until,
    // Bytes that are made anew are not those that came.
    sharesServices: bootstrap.includes("ProxyProtocolUpstreamTransport") || isRouted(proxy),
    dialsTls: bootstrap.includes("UpstreamTlsContext"),
    places: () => {
      note();
      return [...places];
    },
    book: (name) => {
      const { entered, handled, droppedBy } = proxy.ledger.book(name);
      return { entered, handled, dropped: Object.fromEntries(droppedBy) };
    },
  };
}

function isRouted(proxy: TapProxy): boolean {
  return describeRouting({ listeners: proxy.configurations }).some(({ mode, bridges }) => mode === "routed" || bridges);
}

export interface BootstrapParts {
  /** YAML flow mapping of the listener's address. */
  readonly listen?: string;
  /** YAML flow mappings of the endpoints' addresses. */
  readonly endpoints: readonly string[];
  /** More keys of the tcp_proxy, of the filter chain and of the cluster, as YAML flow entries without braces (`a: 1, b: 2`). */
  readonly tcpProxy?: string;
  readonly chain?: string;
  readonly cluster?: string;
}

/** A bootstrap with one listener and one cluster. */
export function writeBootstrap({ listen, endpoints, tcpProxy, chain, cluster }: BootstrapParts): string {
  const more = (entries: string | undefined) => (entries === undefined ? "" : `, ${entries}`);
  const type = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  return `static_resources:
  listeners:
  - name: front
    address: ${listen ?? ip(0)}
    filter_chains:
    - {filters: [{name: envoy.filters.network.tcp_proxy, typed_config: {"@type": ${type}, stat_prefix: front, cluster: back${more(tcpProxy)}}}]${more(chain)}}
  clusters:
  - {name: back, load_assignment: {cluster_name: back, endpoints: [{lb_endpoints: [${endpoints
    .map((address) => `{endpoint: {address: ${address}}}`)
    .join(", ")}]}]}${more(cluster)}}
`;
}

/** The YAML of a loopback address. */
export function ip(port: number): string {
  return `{socket_address: {address: 127.0.0.1, port_value: ${port}}}`;
}

export function pipe(path: string): string {
  return `{pipe: {path: ${path}}}`;
}

/** A TCP service on loopback. */
export async function startService(onConnection: (socket: Socket) => void): Promise<{
  readonly port: number;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly stop: () => void;
}> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as { port: number }).port, server, sockets, stop };
}

/** Connects, half-open allowed. */
export async function dial(target: number | string): Promise<Socket> {
  const socket =
    typeof target === "string"
      ? connect({ path: target, allowHalfOpen: true })
      : connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

/** Everything that a socket gives until its end (or, where it breaks, until then). */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once("end", resolve).once("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

/** Waits until `condition` holds; fails after a minute with `what`. */
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  millis: number = 180_000,
): Promise<void> {
  const deadline = Date.now() + millis;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
