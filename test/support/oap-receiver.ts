import { once } from "node:events";
import { createSecureServer, createServer, type SecureServerOptions } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  type AccessLogConnection,
  type EBPFAccessLogMessage,
  EBPFAccessLogService,
} from "../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import {
  type EBPFProcessReportList,
  EBPFProcessService,
} from "../../src/wire/skywalking/gen/skywalking/v3/process_pb.js";

export interface OapReceiver {
  readonly port: number;
  readonly streams: EBPFAccessLogMessage[][];
  readonly reports: EBPFProcessReportList[];
  readonly keptAlive: () => number;
  readonly authentication: (string | null)[];
}

/** Takes what an OAP takes of an agent, by the same services. @param refuse how many streams are refused at first */
export async function startOapReceiver(
  context: TestContext,
  refuse = 0,
  tls?: SecureServerOptions,
): Promise<OapReceiver> {
  const streams: EBPFAccessLogMessage[][] = [];
  const reports: EBPFProcessReportList[] = [];
  const authentication: (string | null)[] = [];
  let pings = 0;
  let refused = 0;
  const routes = (router: ConnectRouter): void => {
    router.service(EBPFAccessLogService, {
      async collect(messages, { requestHeader }) {
        if (refused++ < refuse) throw new Error("not now");
        authentication.push(requestHeader.get("authentication"));
        const stream: EBPFAccessLogMessage[] = [];
        for await (const message of messages) stream.push(message);
        streams.push(stream);
        return {};
      },
    });
    router.service(EBPFProcessService, {
      async reportProcesses(list) {
        reports.push(list);
        return {};
      },
      async keepAlive() {
        pings++;
        return {};
      },
    });
  };
  const handler = connectNodeAdapter({ routes });
  const server = tls === undefined ? createServer(handler) : createSecureServer(tls, handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, streams, reports, keptAlive: () => pings, authentication };
}

/** Lists what OAP would not understand, or take for something else, of a stream (../shared/spec/skywalking-rover.md, section 9). */
export function findProblems(stream: readonly EBPFAccessLogMessage[]): string[] {
  const problems: string[] = [];
  const check = (isRight: boolean, what: string): void => void (isRight || problems.push(what));
  let connection: AccessLogConnection | undefined;
  const seen = new Set<string>();
  for (const [index, message] of stream.entries()) {
    check((message.node !== undefined) === (index === 0), `message ${index}: the node is in the first message alone`);
    if (index === 0) {
      const seconds = Number(message.node?.bootTime?.seconds ?? 0);
      check(seconds > 1.6e9 && seconds < Date.now() / 1000, "the node's bootTime is a moment before now");
    }
    connection = message.connection ?? connection;
    check(connection !== undefined, `message ${index}: a connection before its logs`);
    if (message.connection !== undefined) {
      const key = JSON.stringify([addressOf(message.connection.local), addressOf(message.connection.remote)]);
      check(!seen.has(key), `message ${index}: each connection once: ${key}`);
      seen.add(key);
    }
    const [local, remote] = [addressOf(connection?.local), addressOf(connection?.remote)];
    check(local !== undefined && remote !== undefined, `message ${index}: both addresses`);
    check(connection?.local?.address.case === "kubernetes", `message ${index}: the local end is a process`);
    check(serviceOf(connection?.local) !== serviceOf(connection?.remote), `message ${index}: services differ`);
    const http = message.protocolLog?.protocol.value;
    if (http !== undefined) {
      check(
        http.request?.path.startsWith("/") === true && !/[?#]/.test(http.request.path),
        `message ${index}: a path without query`,
      );
      check(offsetOf(http.startTime) <= offsetOf(http.endTime), `message ${index}: it ends after it began`);
      check(message.kernelLogs.length > 0, `message ${index}: the calls of the exchange`);
    }
    for (const { operation } of message.kernelLogs) {
      const times = operation.value;
      check(
        offsetOf(times?.startTime) <= offsetOf(times?.endTime) && offsetOf(times?.startTime) > 0n,
        `message ${index}: times`,
      );
    }
  }
  return problems;
}

export function offsetOf(time: { timestamp: { value?: { offset: bigint } | undefined } } | undefined): bigint {
  return time?.timestamp.value?.offset ?? 0n;
}

type Address = AccessLogConnection["local"];

function addressOf(address: Address): unknown {
  const value = address?.address.value;
  if (value === undefined) return undefined;
  return "host" in value ? [value.host, value.port] : [value.serviceName, value.podName, value.port];
}

function serviceOf(address: Address): string | undefined {
  const value = address?.address.value;
  return value !== undefined && "serviceName" in value ? value.serviceName : undefined;
}
