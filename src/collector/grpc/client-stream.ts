import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { LedgerBook, MemoryBudget } from "../../model/index.ts";
import { type FrameFault, MessageFrames } from "./message-frames.ts";

/** One stream of messages that is answered once. */
export interface MessageStream {
  /** Takes the next; gives a promise where nothing more may come before it is settled. @throws ConnectError */
  take(message: Uint8Array): Promise<void> | undefined;
  /** Everything came: resolves when that may be answered. @throws ConnectError */
  end(): Promise<void>;
}

export interface ClientStreamLimits {
  /** Bytes of one message. */
  readonly maxBytes: number;
  /** Charged with a message that is not whole yet. */
  readonly budget: MemoryBudget;
  /** Bytes that come behind a refusal, dropped as `behind-a-refusal`. */
  readonly passedOver: LedgerBook;
}

/** Bytes behind a refusal that are passed over; who writes on then has not looked for an answer, and is reset. */
export const MAX_PASSED_OVER_BYTES: number = 1024 * 1024;

/** Whether a request's messages are Protobuf as they stand. */
export function isPlainStream({ method, headers }: Pick<Http2ServerRequest, "method" | "headers">): boolean {
  const coding = headers["grpc-encoding"] ?? "identity";
  return method === "POST" && coding === "identity" && PROTOBUF.test(headers["content-type"] ?? "");
}

const PROTOBUF = /^application\/grpc(?:\+proto)?$/i;

/**
 * Serves a call whose client alone streams (`isPlainStream`), and which is answered by an empty message: each message is taken as its bytes
 * come. Streams of many small ones are too dear message by message through `connectNodeAdapter`, which makes some twenty promises of each.
 */
export function serveClientStream(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  open: () => MessageStream,
  { maxBytes, budget, passedOver }: ClientStreamLimits,
): void {
  const frames = new MessageFrames(maxBytes);
  let stream: MessageStream | undefined;
  let reserved = 0;
  let isWaiting = false;
  let hasEnded = false;
  let isOver = false;
  let passed = 0;

  const finish = (): void => {
    isOver = true;
    budget.release(reserved);
    reserved = 0;
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    finish();
    const { code, rawMessage } = ConnectError.from(error);
    // The rest that it sends is passed over for a while: clients that are reset while they write wait for ever (connect-node).
    request.resume();
    response.writeHead(200, { ...HEADERS, "grpc-status": code, "grpc-message": encodeURIComponent(rawMessage) });
    response.end();
  };
  const succeed = (): void => {
    if (isOver) return;
    finish();
    response.writeHead(200, HEADERS);
    response.addTrailers({ "grpc-status": "0" });
    response.end(EMPTY_MESSAGE);
  };
  const charge = (): void => {
    budget.release(reserved);
    reserved = frames.held;
    if (budget.tryReserve(reserved)) return;
    reserved = 0;
    throw new ConnectError("too much is being received", Code.ResourceExhausted);
  };
  const waitFor = (promise: Promise<void>): void => {
    isWaiting = true;
    request.pause();
    promise.then(() => {
      isWaiting = false;
      if (isOver) return;
      request.resume();
      pump();
    }, fail);
  };
  const passOver = (bytes: number): void => {
    passedOver.enter(bytes);
    passedOver.settleDropped("behind-a-refusal", bytes);
    passed += bytes;
    if (passed > MAX_PASSED_OVER_BYTES) request.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  const pump = (): void => {
    try {
      stream ??= open();
      for (let next = frames.next(); next !== undefined; next = frames.next()) {
        if (typeof next === "string") throw new ConnectError(...FAULTS[next]);
        const wait = stream.take(next);
        if (wait === undefined) continue;
        waitFor(wait);
        return;
      }
      charge();
      if (!hasEnded) return;
      if (frames.held > 0) throw new ConnectError("the last message is cut off", Code.InvalidArgument);
      stream.end().then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  };

  request.on("data", (chunk: Buffer) => {
    if (isOver) {
      passOver(chunk.length);
      return;
    }
    frames.add(chunk);
    if (!isWaiting) pump();
  });
  request.on("end", () => {
    hasEnded = true;
    if (!isWaiting && !isOver) pump();
  });
  for (const event of ["aborted", "close", "error"]) request.on(event, () => !hasEnded && finish());
}

const HEADERS = { "content-type": "application/grpc+proto" };
const EMPTY_MESSAGE = Buffer.alloc(5);
const FAULTS: Readonly<Record<FrameFault, [message: string, code: Code]>> = {
  "too-large": ["a message is too large", Code.ResourceExhausted],
  compressed: ["a message is compressed, and the stream does not say how", Code.Internal],
};
