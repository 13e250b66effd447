import { lowerAscii } from "../../wire/text/lower-ascii.ts";
import { Status } from "../abi.ts";
import type { Guest } from "../context.ts";
import { decodePairs } from "../pairs.ts";

export const CALL_FUNCTIONS = {
  proxy_http_call(
    guest: Guest,
    cluster: number,
    clusterSize: number,
    headers: number,
    headersSize: number,
    body: number,
    bodySize: number,
    trailers: number,
    trailersSize: number,
    timeoutMillis: number,
    number: number,
  ): number {
    const { context, memory, services } = guest;
    if (context === undefined) return Status.BadArgument;
    const name = memory.text(cluster, clusterSize);
    const pairs = (decodePairs(memory.copy(headers, headersSize)) ?? []).map(
      ([key, value]) => [lowerAscii(key), value] as const,
    );
    const isWhole = REQUIRED.every((wanted) => pairs.some(([key]) => key === wanted));
    if (!isWhole || !services.calls.has(name)) return Status.BadArgument;
    memory.writeUint32(number, 0);
    const call = {
      cluster: name,
      headers: pairs,
      body: memory.copy(body, bodySize),
      trailers: decodePairs(memory.copy(trailers, trailersSize)) ?? [],
      timeoutMillis: timeoutMillis >>> 0,
    };
    memory.writeUint32(number, guest.startCall(context.rootId, call));
    return Status.Ok;
  },

  proxy_grpc_call: unimplemented,
  proxy_grpc_stream: unimplemented,
  proxy_grpc_send: unimplemented,
  proxy_grpc_cancel: unimplemented,
  proxy_grpc_close: unimplemented,
  proxy_call_foreign_function: (): number => Status.NotFound,
};

const REQUIRED: readonly string[] = [":method", ":path", ":authority"];

/** gRPC calls: this host makes none, and says so. */
function unimplemented(): number {
  return Status.Unimplemented;
}
