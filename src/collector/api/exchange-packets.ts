import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import { type Exchange, Ledger, type SocketEvent, type Timestamp } from "../../model/index.ts";
import type { HttpTraceMessage } from "../../wire/envoy/index.ts";
import { HttpConversations } from "../../wire/envoy/replay/http-conversations.ts";
import { fieldsOf } from "../../wire/json/fields.ts";
import { readBody, readHeaders } from "../../wire/ndjson/index.ts";
import { SyntheticConnection } from "../../wire/packet/index.ts";
import { PcapngWriter } from "../../wire/pcap/index.ts";

/**
 * The exchange as the packets of the HTTP/1 conversation that would have carried it, as it is kept (redacted); undefined where it is
 * no request of HTTP.
 */
export function exchangePackets(exchange: Exchange): Uint8Array | undefined {
  const document = fieldsOf(JSON.parse(JSON.stringify(EXCHANGE_CODEC.writeDocument(exchange))));
  const request = messageOf(document, "request", exchange.times.requestStart);
  if (request === undefined || document.object("request").text("method") === undefined) return undefined;
  const response = messageOf(document, "response", exchange.times.responseStart);
  const writer = new PcapngWriter({ application: "tapline" });
  writer.addInterface({ name: "collector" });
  const { local, remote, role } = exchange.connection;
  const packets = new SyntheticConnection(writer, local, remote, { handshake: true, role });
  const ledger = new Ledger();
  const write = (event: SocketEvent): void => {
    if (event.kind === "close") packets.close(event.time, "fin");
    else packets.observe(event);
  };
  const conversations = new HttpConversations(
    { handler: write, payload: ledger.book("payload") },
    { events: ledger.book("events") },
  );
  conversations.buffered({ kind: "http-buffered", request, ...(response && { response }) });
  conversations.end();
  return writer.take();
}

/** Names of the start line's parts, as a trace has them among the headers. */
const PSEUDO = { method: ":method", target: ":path", authority: ":authority", scheme: ":scheme" } as const;

function messageOf(
  document: ReturnType<typeof fieldsOf>,
  side: "request" | "response",
  time: Timestamp | undefined,
): HttpTraceMessage | undefined {
  const message = document.optional(side);
  if (message === undefined) return undefined;
  const status = message.number("status");
  const first =
    side === "request"
      ? Object.entries(PSEUDO).flatMap(([name, key]) => {
          const value = message.text(name);
          return value === undefined ? [] : [{ key, value }];
        })
      : [{ key: ":status", value: String(status ?? 0) }];
  const headers = readHeaders(message.list("headers"))
    .filter(({ name }) => name !== undefined && !/^(?::.*|host)$/i.test(name))
    .map(({ name, value }) => ({ key: name!, value: value ?? "" }));
  const body = readBody(message.object("body"));
  return {
    headers: [...first, ...headers],
    trailers: readHeaders(message.list("trailers")).map(({ name, value }) => ({ key: name ?? "", value: value ?? "" })),
    body: { asBytes: body.bytes, truncated: body.truncated },
    ...(time && { headersReceivedTime: time }),
  };
}
