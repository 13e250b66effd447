import type { Connection, HttpExchange, SocketEvent, Timestamp } from "../../src/model/index.ts";
import { SyntheticConnection } from "../../src/wire/packet/index.ts";
import { PcapWriter } from "../../src/wire/pcap/index.ts";

/**
 * A pcap file of exchanges as a server's side would have captured them: a connection of HTTP/1.1 for each of theirs, on which a request waits for the answer
 * to the one before it.
 */
export function captureOf(exchanges: readonly HttpExchange[]): Uint8Array {
  const packets = new PcapWriter();
  const connections = new Map<bigint, SyntheticConnection>();
  const free = new Map<bigint, number>();
  const events: { readonly at: number; readonly tell: () => void }[] = [];
  for (const exchange of exchanges) {
    const { id } = exchange.connection;
    const connection = connectionOf(id);
    const tell = (at: number, event: object): void => {
      events.push({
        at,
        tell: () => written().observe({ connection, time: moment(at), ...event } as SocketEvent),
      });
    };
    const written = (): SyntheticConnection => {
      let one = connections.get(id);
      if (one === undefined) {
        one = new SyntheticConnection(packets, connection.local, connection.remote, {
          handshake: true,
          role: "server",
        });
        connections.set(id, one);
      }
      return one;
    };
    const wanted = nanosOf(exchange.times.requestStart!);
    const took = nanosOf(exchange.times.responseEnd!) - wanted;
    const start = Math.max(wanted, free.get(id) ?? 0);
    if (!free.has(id)) tell(start, { kind: "open" });
    free.set(id, start + took);
    tell(start, { kind: "data", direction: "read", offset: 0, data: requestOf(exchange) });
    tell(start + took, { kind: "data", direction: "write", offset: 0, data: responseOf(exchange) });
  }
  for (const { tell } of events.sort((a, b) => a.at - b.at)) tell();
  return packets.take();
}

function connectionOf(id: bigint): Connection {
  return {
    ...{ id, transport: "tcp", role: "server", opened: moment(0) },
    local: { kind: "ip", address: "10.0.0.2", port: 80 },
    remote: { kind: "ip", address: "10.1.0.1", port: 20_000 + Number(id) },
  };
}

function requestOf({ request }: HttpExchange): Uint8Array {
  return Buffer.from(`${request!.method} ${request!.target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`, "latin1");
}

function responseOf({ response }: HttpExchange): Uint8Array {
  const { status, headers, body } = response!;
  const fields = [...headers.map(({ name, value }) => `${name}: ${value}`), `content-length: ${body.bytes.length}`];
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${fields.join("\r\n")}\r\n\r\n`, "latin1"), body.bytes]);
}

/** Since `ORIGIN`: exact in a number. */
function nanosOf({ seconds, nanos }: Timestamp): number {
  return (seconds - ORIGIN) * 1e9 + nanos;
}

function moment(nanos: number): Timestamp {
  return { seconds: ORIGIN + Math.floor(nanos / 1e9), nanos: Math.round(nanos % 1e9) };
}

const ORIGIN = 1_700_000_000;
