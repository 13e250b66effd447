import { toJson } from "@bufbuild/protobuf";
import {
  type AccessLogConnection,
  AccessLogConnectionSchema,
  AccessLogHTTPProtocolSchema,
  AccessLogKernelLogSchema,
  type EBPFAccessLogMessage,
} from "../../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";

/** One log with its connection, as JSON has it, with all fields: those at their defaults, too. */
export interface Row {
  readonly connection: Record<string, unknown>;
  readonly kind: string;
  readonly log: Record<string, unknown>;
  /** That of the exchange that it came with. */
  readonly exchange?: number;
}

/** @param stream the messages of one stream, in their order */
export function listRows(stream: readonly EBPFAccessLogMessage[]): Row[] {
  let connection: AccessLogConnection | undefined;
  return stream.flatMap((message, index) => {
    connection = message.connection ?? connection;
    const json = toJson(AccessLogConnectionSchema, connection!, OPTIONS) as Record<string, unknown>;
    const http = message.protocolLog?.protocol.value;
    const rows: Row[] = message.kernelLogs.map((log) => {
      const [[kind, value]] = Object.entries(toJson(AccessLogKernelLogSchema, log, OPTIONS) as object) as [
        [string, Record<string, unknown>],
      ];
      return { connection: json, kind, log: value, ...(http !== undefined && { exchange: index }) };
    });
    if (http !== undefined)
      rows.push({
        connection: json,
        kind: "http",
        log: toJson(AccessLogHTTPProtocolSchema, http, OPTIONS) as Record<string, unknown>,
        exchange: index,
      });
    return rows;
  });
}

const OPTIONS = { alwaysEmitImplicit: true } as const;
