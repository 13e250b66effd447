import { connect } from "node:net";
import type { Header } from "../../../src/model/index.ts";
import { HpackDecoder } from "../../../src/wire/hpack/index.ts";
import { nameErrorCode, PREFACE } from "../../../src/wire/http2/index.ts";
import type { Http2Request } from "./http2-requests.ts";

const [DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY] = [0, 1, 3, 4, 7] as const;
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4] as const;
const FRAME_HEAD = 9;
const MOST_PAYLOAD = 16_384;

/**
 * Sends one request on stream 1 of a connection of its own, as bytes: no client would send some of them.
 *
 * @param patienceMillis after which an answer that did not end is given up
 * @returns the answer's headers, its body, and how stream and connection ended
 */
export async function talkHttp2(port: number, { headers, body, trailers }: Http2Request, patienceMillis: number) {
  const socket = connect(port, "127.0.0.1");
  const decoder = new HpackDecoder();
  const answered: string[] = [];
  let received = Buffer.alloc(0);
  let isOver = false;
  const over = (how: string) => {
    if (!isOver) answered.push(how);
    isOver = true;
    socket.destroy();
  };
  socket
    .on("error", () => {})
    .on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      while (!isOver && received.length >= FRAME_HEAD) {
        const size = received.readUIntBE(0, 3);
        if (received.length < FRAME_HEAD + size) break;
        const [type, flags, stream] = [received[3]!, received[4]!, received.readUInt32BE(5)];
        const payload = received.subarray(FRAME_HEAD, FRAME_HEAD + size);
        received = received.subarray(FRAME_HEAD + size);
        if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0, ""));
        if (type === GOAWAY) over(`GOAWAY ${nameErrorCode(payload.readUInt32BE(4))}`);
        if (stream !== 1) continue;
        if (type === HEADERS) answered.push(...decode(decoder, payload));
        if (type === DATA && size > 0) answered.push(payload.toString("latin1"));
        if (type === RST_STREAM) over(`RST_STREAM ${nameErrorCode(payload.readUInt32BE(0))}`);
        else if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) over("END_STREAM");
      }
    });
  const closed = new Promise<void>((resolve) =>
    socket.on("close", () => {
      over("closed");
      resolve();
    }),
  );
  const timer = setTimeout(() => over("stays open"), patienceMillis);
  const hasMore = body !== undefined;
  socket.write(PREFACE);
  socket.write(
    Buffer.concat([
      frame(SETTINGS, 0, 0, ""),
      ...headerFrames(headers, !hasMore),
      ...(hasMore ? [frame(DATA, trailers === undefined ? END_STREAM : 0, 1, body)] : []),
      ...(trailers === undefined ? [] : headerFrames(trailers, true)),
    ]),
  );
  await closed;
  clearTimeout(timer);
  return answered;
}

function decode(decoder: HpackDecoder, payload: Uint8Array): string[] {
  const headers: Header[] = [];
  const error = decoder.decode(payload, headers);
  return [...headers.map(({ name, value }) => `${name}: ${value}`), ...(error === undefined ? [] : [error])];
}

function frame(type: number, flags: number, stream: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload as string, "latin1");
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

/** HEADERS, and CONTINUATION where it is too long for one. */
function headerFrames(headers: Http2Request["headers"], ends: boolean): Buffer[] {
  const block = Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
  const pieces = Array.from({ length: Math.max(1, Math.ceil(block.length / MOST_PAYLOAD)) }, (_, index) =>
    block.subarray(index * MOST_PAYLOAD, (index + 1) * MOST_PAYLOAD),
  );
  return pieces.map((piece, index) =>
    frame(
      index === 0 ? HEADERS : 9,
      (index === 0 && ends ? END_STREAM : 0) | (index === pieces.length - 1 ? END_HEADERS : 0),
      1,
      piece,
    ),
  );
}

/** A string literal as octets (RFC 7541 §5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
