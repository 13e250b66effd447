import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { nanosBetween, type Timestamp } from "../../model/index.ts";
import { CALL, type KernelOperation } from "../../source/ebpf/events/kernel-operation.ts";
import {
  type AccessLogKernelLogSchema,
  AccessLogKernelReadSyscall,
  AccessLogKernelWriteSyscall,
  type AccessLogProtocolLogsSchema,
  type ConnectionAddressSchema,
  type EBPFAccessLogMessage,
  EBPFAccessLogMessageSchema,
  type EBPFAccessLogNodeInfoSchema,
  AccessLogHTTPProtocolRequestMethod as Method,
} from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { DetectPoint } from "../../wire/skywalking/gen/skywalking/v3/common_pb.js";
import type { ConnectionLogs, ExchangeLog } from "./access-logs.ts";
import type { LogAddress, LogAddresses } from "./connection-address.ts";
import { describeArrival, describeDeparture } from "./layer-metrics.ts";

export type NodeInfo = MessageInitShape<typeof EBPFAccessLogNodeInfoSchema>;

/** How ends that are no process of ours are told: by address, where the backend can look it up; otherwise as a service of that name. */
export type UnknownEnds = "address" | "service";

/**
 * The messages of one stream, in the order that OAP wants them: the node first; of each connection its calls of no exchange, then
 * each exchange with its own; the connection once.
 */
export function* makeMessages(
  node: NodeInfo,
  boot: Timestamp,
  logs: Iterable<{ readonly logs: ConnectionLogs; readonly addresses: LogAddresses }>,
  unknownEnds: UnknownEnds,
): Generator<EBPFAccessLogMessage> {
  let isFirst = true;
  for (const { logs: one, addresses } of logs) {
    let isTold = false;
    const begin = (): object => {
      const head = {
        ...(isFirst && { node }),
        ...(!isTold && { connection: describeConnection(one, addresses, unknownEnds) }),
      };
      isFirst = false;
      isTold = true;
      return head;
    };
    const calls = one.operations.map(describeCall);
    if (calls.length > 0 || one.exchanges.length === 0)
      yield create(EBPFAccessLogMessageSchema, { ...begin(), kernelLogs: calls });
    for (const exchange of one.exchanges)
      yield create(EBPFAccessLogMessageSchema, {
        ...begin(),
        kernelLogs: exchange.operations.map(describeCall),
        protocolLog: describeHttp(exchange, boot),
      });
  }
}

function describeConnection(
  { connection, version }: ConnectionLogs,
  { local, remote }: LogAddresses,
  unknownEnds: UnknownEnds,
) {
  return {
    local: describeAddress(local, unknownEnds),
    remote: describeAddress(remote, unknownEnds),
    role: connection.role === "server" ? DetectPoint.server : DetectPoint.client,
    tlsMode: connection.tls === undefined ? 0 : 1,
    protocol: version ?? 0,
  };
}

function describeAddress(
  address: LogAddress,
  unknownEnds: UnknownEnds,
): MessageInitShape<typeof ConnectionAddressSchema> {
  const { port } = address;
  if (address.kind === "process") {
    const { service, instance, container, process } = address.identity;
    const value = { serviceName: service, podName: instance, containerName: container, processName: process, port };
    return { address: { case: "kubernetes", value } };
  }
  const { host } = address;
  if (unknownEnds === "address") return { address: { case: "ip", value: { host, port } } };
  const name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return { address: { case: "kubernetes", value: { serviceName: name, podName: host, port } } };
}

function describeCall(operation: KernelOperation): MessageInitShape<typeof AccessLogKernelLogSchema> {
  const { kind, call } = operation;
  const times = { startTime: offset(operation.started), endTime: offset(operation.ended) };
  const duration = BigInt(operation.ended - operation.started);
  switch (kind) {
    case "connect":
    case "close":
      return { operation: { case: kind, value: { ...times, success: true } } };
    case "accept":
      return { operation: { case: kind, value: times } };
    case "read":
      return {
        operation: {
          case: kind,
          value: {
            ...times,
            syscall: READS[call] ?? AccessLogKernelReadSyscall.Read,
            ...describeArrival(operation, duration),
          },
        },
      };
    case "write":
      return {
        operation: {
          case: kind,
          value: {
            ...times,
            syscall: WRITES[call] ?? AccessLogKernelWriteSyscall.Write,
            ...describeDeparture(operation, duration),
          },
        },
      };
  }
}

const READS: Readonly<Record<number, AccessLogKernelReadSyscall>> = {
  [CALL.readv]: AccessLogKernelReadSyscall.Readv,
  [CALL.recvfrom]: AccessLogKernelReadSyscall.RecvFrom,
  [CALL.recvmsg]: AccessLogKernelReadSyscall.RecvMsg,
  [CALL.recvmmsg]: AccessLogKernelReadSyscall.RecvMmsg,
};

const WRITES: Readonly<Record<number, AccessLogKernelWriteSyscall>> = {
  [CALL.writev]: AccessLogKernelWriteSyscall.Writev,
  [CALL.sendto]: AccessLogKernelWriteSyscall.SendTo,
  [CALL.sendmsg]: AccessLogKernelWriteSyscall.SendMsg,
  [CALL.sendmmsg]: AccessLogKernelWriteSyscall.SendMmsg,
  [CALL.sendfile]: AccessLogKernelWriteSyscall.SendFile,
};

function describeHttp(
  { facts, times, trace }: ExchangeLog,
  boot: Timestamp,
): MessageInitShape<typeof AccessLogProtocolLogsSchema> {
  const since = (time: Timestamp | undefined): ReturnType<typeof offset> | undefined =>
    time === undefined ? undefined : offset(nanosBetween(boot, time));
  const startTime = since(times.requestStart);
  const endTime = since(times.responseEnd ?? times.responseStart);
  return {
    protocol: {
      case: "http",
      value: {
        ...(startTime && { startTime }),
        ...(endTime && { endTime }),
        version: facts.version - 1,
        request: {
          method: METHODS[facts.method] ?? Method.Get,
          path: pathOf(facts.target),
          sizeOfHeadersBytes: BigInt(facts.requestHeadBytes),
          sizeOfBodyBytes: BigInt(facts.requestBodyBytes),
          ...(trace && { trace }),
        },
        response: {
          statusCode: facts.status,
          sizeOfHeadersBytes: BigInt(facts.responseHeadBytes),
          sizeOfBodyBytes: BigInt(facts.responseBodyBytes),
        },
      },
    },
  };
}

const METHODS: Readonly<Record<string, Method>> = {
  GET: Method.Get,
  POST: Method.Post,
  PUT: Method.Put,
  DELETE: Method.Delete,
  HEAD: Method.Head,
  PATCH: Method.Patch,
  OPTIONS: Method.Options,
  TRACE: Method.Trace,
  CONNECT: Method.Connect,
};

/** Without scheme, host and query: every path is an endpoint to OAP. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return path === "" ? "/" : path;
}

function offset(nanos: number) {
  return { timestamp: { case: "offset", value: { offset: BigInt(Math.max(0, Math.round(nanos))) } } } as const;
}
