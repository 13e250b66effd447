import { blankHttpExchange } from "../../analysis/http/blank-exchange.ts";
import {
  type Connection,
  type Endpoint,
  type FlowEvent,
  type HttpExchange,
  type Timestamp,
  timestampFromMillis,
} from "../../model/index.ts";
import {
  type AccessLogConnection,
  type AccessLogHTTPProtocol,
  AccessLogHTTPProtocolRequestMethod,
  type AccessLogKernelLog,
  type ConnectionAddress,
  type EBPFAccessLogNodeInfo,
  type EBPFTimestamp,
} from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";

/** Times are counted from when the node was booted. */
export class NodeClock {
  readonly #seconds: bigint;
  readonly #nanos: number;

  constructor(node: EBPFAccessLogNodeInfo) {
    this.#seconds = node.bootTime?.seconds ?? 0n;
    this.#nanos = node.bootTime?.nanos ?? 0;
  }

  at(timestamp: EBPFTimestamp | undefined): Timestamp | undefined {
    if (timestamp?.timestamp.case !== "offset" || this.#seconds === 0n) return undefined;
    const nanos = this.#seconds * 1_000_000_000n + BigInt(this.#nanos) + timestamp.timestamp.value.offset;
    return { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };
  }
}

/**
 * The connection that an access log is of. Ends inside of Kubernetes are named, not addressed: the service's name stands for the
 * address. Undefined where an end is missing.
 */
export function connectionOf(log: AccessLogConnection, id: bigint): Connection | undefined {
  const [local, remote] = [endOf(log.local), endOf(log.remote)];
  if (local === undefined || remote === undefined) return undefined;
  const isServer = log.role === SERVER;
  return {
    id,
    transport: "tcp",
    role: isServer ? "server" : "client",
    local,
    remote,
    // The end that answers, as the agent knows it.
    source: (isServer ? local : remote).address,
    named: namesOf(log),
    ...(log.tlsMode === TLS && { tls: { decrypted: true } }),
  };
}

const SERVER = 1;
const TLS = 1;

type NamedEnd = Extract<Endpoint, { kind: "ip" }>;

function endOf(address: ConnectionAddress | undefined): NamedEnd | undefined {
  const one = address?.address;
  if (one === undefined || one.case === undefined) return undefined;
  const name = one.case === "kubernetes" ? one.value.serviceName : one.value.host;
  return name === "" ? undefined : { kind: "ip", address: name, port: one.value.port };
}

/** The names that SkyWalking has for the ends that are in Kubernetes. */
function namesOf({ local, remote }: AccessLogConnection): NonNullable<Connection["named"]> {
  const nameOf = ({ address }: ConnectionAddress) =>
    address.case === "kubernetes" ? address.value.serviceName || undefined : undefined;
  const names = { local: local && nameOf(local), remote: remote && nameOf(remote) };
  return {
    ...(names.local !== undefined && { local: names.local }),
    ...(names.remote !== undefined && { remote: names.remote }),
  };
}

/** The exchange that an access log tells of: without headers and bodies, of which it tells only the sizes. */
export function exchangeOf(
  log: AccessLogHTTPProtocol,
  connection: Connection,
  clock: NodeClock,
  id: number,
): HttpExchange {
  const { request, response } = log;
  const [started, ended] = [clock.at(log.startTime), clock.at(log.endTime)];
  const method = AccessLogHTTPProtocolRequestMethod[request?.method ?? 0]?.toUpperCase();
  const traceId = request?.trace?.traceId;
  const status = response?.statusCode ?? 0;
  return {
    ...blankHttpExchange(connection),
    id,
    protocol: log.version === HTTP2 ? "h2" : "http/1.1",
    ...(request && {
      request: {
        ...(method !== undefined && { method }),
        target: request.path,
        headers: traceId ? [{ name: "x-request-id", value: traceId }] : [],
        ...messageOf(request),
        ...(started && { started }),
      },
    }),
    ...(response &&
      status > 0 && { response: { status, headers: [], ...messageOf(response), ...(ended && { finished: ended }) } }),
    times: { ...(started && { requestStart: started }), ...(ended && status > 0 && { responseEnd: ended }) },
    quality: status > 0 ? "complete" : "unpaired",
    problems: ["headers-not-recorded"],
  };
}

const HTTP2 = 1;
const NO_BYTES = new Uint8Array(0);

function messageOf({ sizeOfHeadersBytes, sizeOfBodyBytes }: { sizeOfHeadersBytes: bigint; sizeOfBodyBytes: bigint }) {
  const size = Number(sizeOfBodyBytes);
  return {
    trailers: [],
    headBytes: Number(sizeOfHeadersBytes),
    body: { bytes: NO_BYTES, size, truncated: size > 0, complete: true },
  };
}

/** An operation of the kernel on the connection, with its figures. */
export function flowOf(
  { operation }: AccessLogKernelLog,
  connection: Connection,
  clock: NodeClock,
): FlowEvent | undefined {
  if (operation.case === undefined) return undefined;
  const { case: name, value } = operation;
  const [started, ended] = [clock.at(value.startTime), clock.at(value.endTime)];
  const nanos = started && ended && (ended.seconds - started.seconds) * 1e9 + ended.nanos - started.nanos;
  const { local, remote } = connection as { local: NamedEnd; remote: NamedEnd };
  return {
    kind: "socket",
    time: started ?? ended ?? timestampFromMillis(0),
    source: local,
    destination: remote,
    protocol: "tcp",
    summary: `${name} ${local.address} → ${remote.address}${nanos === undefined ? "" : ` ${(nanos / 1e3).toFixed(1)} µs`}`,
    attributes: {
      "socket.operation": name,
      ...(nanos !== undefined && { "socket.nanos": nanos }),
      ...("success" in value && { "socket.success": value.success }),
      ...metricsOf(value),
    },
  };
}

/** Figures of the layers below, each under its name. */
function metricsOf(value: object): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const layer of ["l2Metrics", "l3Metrics", "l4Metrics"] as const) {
    const figures = (value as Record<string, object | undefined>)[layer] ?? {};
    for (const [name, figure] of Object.entries(figures))
      if (typeof figure === "bigint" || typeof figure === "number")
        metrics[`${layer.slice(0, 2)}.${name}`] = Number(figure);
  }
  return metrics;
}
