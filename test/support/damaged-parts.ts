import { EXCHANGE_CODEC, exchangeLine } from "../../src/analysis/protocols/index.ts";
import { encodeTrace, type TraceFormat, type TraceWrapper } from "../../src/wire/envoy/index.ts";
import { HarWriter } from "../../src/wire/har/index.ts";
import { PcapngWriter, PcapWriter } from "../../src/wire/pcap/index.ts";
import { conversePackets, type NumberedSegment, understandPackets } from "./http1-packets.ts";
import type { Random } from "./random.ts";
import { frameOf } from "./tcp-script.ts";

/** A file of several exchanges, cut into what belongs together: a packet with its header, a line, an entry, a trace. */
export interface PartedFile {
  readonly name: string;
  readonly parts: readonly FilePart[];
}

export interface FilePart {
  readonly bytes: Uint8Array;
  /** The exchanges of which it tells: by their targets, or all that `connection`'s port had from the number on. */
  readonly tellsOf: { readonly targets: readonly string[] } | { readonly port: number; readonly from: number };
}

/** Packets of six connections, one among the others. */
function drawPackets(random: Random): NumberedSegment[] {
  const shape = { pairs: 5, pipelined: 1, acknowledges: true };
  const left = Array.from({ length: 6 }, (_, i) => conversePackets(random, 10_000 + i, shape));
  const packets: NumberedSegment[] = [];
  for (let open = left; open.length > 0; open = left.filter(({ length }) => length > 0))
    packets.push(random.pick(open).shift()!);
  return packets;
}

/** Both formats of captures. */
export function captureFiles(random: Random): PartedFile[] {
  const packets = drawPackets(random);
  return [
    ["pcap", new PcapWriter()] as const,
    ["pcap with nanoseconds", new PcapWriter({ resolution: "nanoseconds" })] as const,
    ["pcapng", new PcapngWriter()] as const,
  ].map(([name, writer]) => {
    if (writer instanceof PcapngWriter) writer.addInterface();
    const parts: FilePart[] = [{ bytes: writer.take(), tellsOf: { targets: [] } }];
    /** How many exchanges of each connection are over. */
    const over = new Map<number, number>();
    for (const [i, packet] of packets.entries()) {
      const frame = frameOf(packet);
      const time = { seconds: 1_700_000_000 + Math.floor(i / 50), nanos: (i % 50) * 1e6 };
      writer.writePacket(time, frame, 0, frame.length, frame.length);
      const port = packet.clientPort!;
      if (packet.carries !== undefined) over.set(port, Number(packet.carries.slice(1)));
      // Only what was said before is out of reach: lengths and acknowledgements reach on.
      parts.push({ bytes: writer.take(), tellsOf: { port, from: over.get(port) ?? 0 } });
    }
    return { name, parts };
  });
}

/** The exchanges of such a capture as HAR and as NDJSON, with targets of their own. */
export function exchangeFiles(random: Random): PartedFile[] {
  const { exchanges } = understandPackets(drawPackets(random));
  for (const [i, exchange] of exchanges.entries())
    Object.assign((exchange as { request?: object }).request ?? {}, { target: `/${i}` });
  const har = new HarWriter("1");
  const tellsOf = (i: number) => ({ targets: [`/${i}`] });
  return [
    {
      name: "NDJSON",
      parts: exchanges.map((exchange, i) => ({ bytes: utf8(exchangeLine(exchange)), tellsOf: tellsOf(i) })),
    },
    {
      name: "HAR",
      parts: [
        { bytes: utf8(har.begin()), tellsOf: { targets: [] } },
        ...exchanges.map((exchange, i) => ({
          bytes: utf8(har.entry(EXCHANGE_CODEC.writeHarEntry(exchange)!)),
          tellsOf: tellsOf(i),
        })),
        { bytes: utf8(har.end()), tellsOf: { targets: [] } },
      ],
    },
  ];
}

/** Traces of HTTP filters and of sockets, one behind the other, in the formats that can hold several. */
export function traceFiles(random: Random): PartedFile[] {
  const draws: Record<string, (number: number) => Drawn> = {
    HTTP: (number) => drawHttpTrace(random, number),
    socket: (number) => drawSocketTrace(random, number),
  };
  return Object.entries(draws).flatMap(([name, draw]) => {
    const drawn = Array.from({ length: 20 }, (_, i) => draw(i));
    return TRACE_FORMATS.map((format) => ({
      name: `${name} traces, ${format}`,
      parts: drawn.map(({ wrapper, targets }) => ({
        bytes: Uint8Array.from(encodeTrace(wrapper, format)),
        tellsOf: { targets },
      })),
    }));
  });
}

const TRACE_FORMATS: readonly TraceFormat[] = [
  "JSON_BODY_AS_BYTES",
  "JSON_BODY_AS_STRING",
  "PROTO_BINARY_LENGTH_DELIMITED",
  "PROTO_TEXT",
];

interface Drawn {
  readonly wrapper: TraceWrapper;
  readonly targets: readonly string[];
}

function drawHttpTrace(random: Random, number: number): Drawn {
  const target = `/${number}`;
  const headers = (pseudo: Record<string, string>) => Object.entries(pseudo).map(([key, value]) => ({ key, value }));
  const message = (pseudo: Record<string, string>, seconds: number) => ({
    headers: headers(pseudo),
    body: { asBytes: utf8("b".repeat(random.below(400))), truncated: false },
    trailers: [],
    headersReceivedTime: { seconds, nanos: 5 },
  });
  const request = message({ ":method": "GET", ":path": target, ":authority": "h" }, 1_700_000_000 + number);
  const response = message({ ":status": "200", "x-number": `${number}` }, 1_700_000_001 + number);
  return { wrapper: { trace: { kind: "http-buffered", request, response } }, targets: [target] };
}

function drawSocketTrace(random: Random, number: number): Drawn {
  const targets = Array.from({ length: 1 + random.below(4) }, (_, i) => `/${number}-${i}`);
  const event = (kind: "read" | "write", text: string, seconds: number) => ({
    kind,
    timestamp: { seconds: 1_700_000_000 + seconds, nanos: kind === "read" ? 0 : 9 },
    data: { asBytes: utf8(text), truncated: false },
    ...(kind === "write" ? { endStream: false } : {}),
  });
  const events = targets.flatMap((target, i) => [
    event("read", `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`, i),
    event("write", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", i),
  ]);
  const trace = { kind: "socket-buffered", traceId: BigInt(number + 1), connection: {}, events } as const;
  return { wrapper: { trace: { ...trace, readTruncated: false, writeTruncated: false } }, targets };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
