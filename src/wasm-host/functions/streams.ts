import { Status, StreamKind } from "../abi.ts";
import type { Guest } from "../context.ts";
import { bytesOf, decodePairs, octetsOf } from "../pairs.ts";
import { encodeProperty, readPropertyPath } from "../properties.ts";

export const STREAM_FUNCTIONS = {
  proxy_continue_stream: (guest: Guest, kind: number): number => continueStream(guest, kind),
  proxy_continue_request: (guest: Guest): number => continueStream(guest, StreamKind.Request),
  proxy_continue_response: (guest: Guest): number => continueStream(guest, StreamKind.Response),
  proxy_clear_route_cache: (): number => Status.Ok,

  proxy_close_stream(guest: Guest, kind: number): number {
    if (kind >>> 0 > StreamKind.Upstream) return Status.BadArgument;
    return guest.context?.closeStream(kind) ?? Status.BadArgument;
  },

  proxy_send_local_response(
    guest: Guest,
    status: number,
    details: number,
    detailsSize: number,
    body: number,
    bodySize: number,
    headers: number,
    headersSize: number,
    grpcStatus: number,
  ): number {
    const { memory, context } = guest;
    const pairs = decodePairs(memory.copy(headers, headersSize));
    if (context === undefined || pairs === undefined || status < 100 || status > 599) return Status.BadArgument;
    return context.sendLocalResponse({
      status,
      details: memory.text(details, detailsSize),
      body: memory.copy(body, bodySize),
      headers: pairs,
      grpcStatus,
    });
  },

  proxy_get_property(guest: Guest, path: number, pathSize: number, data: number, size: number): number {
    const value = guest.context?.property(readPropertyPath(guest.memory.text(path, pathSize)));
    if (value === undefined) return Status.NotFound;
    guest.memory.give(encodeProperty(value), data, size);
    return Status.Ok;
  },

  proxy_set_property(guest: Guest, path: number, pathSize: number, value: number, size: number): number {
    const name = readPropertyPath(guest.memory.text(path, pathSize));
    return guest.context?.setProperty(name, guest.memory.copy(value, size)) ?? Status.BadArgument;
  },

  /** The status of the last call: this host makes none of gRPC's. */
  proxy_get_status(guest: Guest, code: number, data: number, size: number): number {
    guest.memory.writeUint32(code, 0);
    guest.memory.give(bytesOf(octetsOf(new Uint8Array(0))), data, size);
    return Status.Ok;
  },
};

function continueStream(guest: Guest, kind: number): number {
  if (kind >>> 0 > StreamKind.Upstream) return Status.BadArgument;
  return guest.context?.continueStream(kind) ?? Status.BadArgument;
}
