import type { HttpExchange, OpaqueExchange, OpaqueSide } from "../../model/index.ts";
import { harEntry } from "../http/har/har-entry.ts";
import { readHarEntry } from "../http/har/read-har-entry.ts";
import type { HarCodec } from "../protocols/har-codec.ts";

/** HAR knows HTTP only: each side stands there as a message without a head, as other tools write failed requests. */
export const OPAQUE_HAR: HarCodec<OpaqueExchange> = {
  write({ kind: _, client, server, ...base }) {
    const asHttp: HttpExchange = {
      ...base,
      kind: "http",
      streamId: 0,
      ...(client && { request: { ...NO_HEAD, ...client } }),
      ...(server && { response: { ...NO_HEAD, ...server } }),
    };
    return harEntry(asHttp);
  },
  read(entry, context) {
    const { kind: _, streamId: __, request, response, ...base } = readHarEntry(entry, context);
    const side = ({ body, started, finished }: OpaqueSide): OpaqueSide => ({
      body,
      ...(started && { started }),
      ...(finished && { finished }),
    });
    return {
      ...base,
      kind: "opaque",
      ...(request && { client: side(request) }),
      ...(response && { server: side(response) }),
    };
  },
};

const NO_HEAD = { headers: [], trailers: [], headBytes: 0 };
