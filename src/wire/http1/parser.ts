import { CR, isWhiteSpace, LF } from "./characters.ts";
import { ChunkedBodyParser } from "./chunked-body.ts";
import { FieldLinesParser } from "./field-lines.ts";
import { HEAD_FLAGS, type MessageHandler, type MessageHead } from "./message-handler.ts";
import { FAILED, MessageState, MORE, type Progress } from "./message-state.ts";
import { CONNECT } from "./methods.ts";
import { RequestLineParser } from "./request-line.ts";
import { StatusLineParser } from "./status-line.ts";
import { TolerantRequestLine } from "./tolerant-request-line.ts";
import { TolerantStatusLine } from "./tolerant-status-line.ts";

const BETWEEN = 0;
const START_LINE = 1;
const BEFORE_FIELDS = 2;
const FIELDS = 3;
const FIXED_BODY = 4;
const ENDLESS_BODY = 5;
const CHUNKED_BODY = 6;
const TRAILERS = 7;
const CLOSED = 8;
const OTHER_PROTOCOL = 9;
const FAILURE = 10;

export interface Http1ParserOptions {
  readonly kind: "request" | "response";
  /**
   * Strict: whatever llhttp refuses in its strict mode is a failure. Otherwise what can be read over is reported as a violation,
   * and any token is a method, any visible character may stand in a target.
   */
  readonly strict: boolean;
  readonly handler: MessageHandler;
}

/**
 * Parses one direction of an HTTP/1 connection (RFC 9112): a sequence of requests, or of responses.
 *
 *     BETWEEN ─▶ START_LINE ─▶ FIELDS ─┬─▶ FIXED_BODY ──────────────┬─▶ BETWEEN, CLOSED or OTHER_PROTOCOL
 *                                      ├─▶ CHUNKED_BODY ─▶ TRAILERS ┤
 *                                      ├─▶ ENDLESS_BODY             │
 *                                      └────────────────────────────┘
 *
 * Holds no bytes: it works in place, over any split of the input, and needs the same small memory for every message. It does not
 * bound heads; whoever keeps them does.
 */
export class Http1Parser {
  readonly #message: MessageState;
  readonly #handler: MessageHandler;
  readonly #startLine: RequestLineParser | StatusLineParser | TolerantRequestLine | TolerantStatusLine;
  readonly #fields: FieldLinesParser;
  /** Made with the first body that has chunks. */
  #chunks: ChunkedBodyParser | undefined;
  #state = BETWEEN;
  #position = 0;
  #remaining = 0;
  #upgrade = false;
  #isDoubtful = false;

  constructor(options: Http1ParserOptions) {
    const isRequest = options.kind === "request";
    this.#handler = options.handler;
    this.#message = new MessageState(isRequest, options.strict, options.handler);
    this.#startLine = createStartLine(this.#message);
    this.#fields = new FieldLinesParser(this.#message);
  }

  /** The position of the next byte in the stream. */
  get position(): number {
    return this.#position;
  }

  /** Nothing can be parsed any more: until `restart`. */
  get failed(): boolean {
    return this.#state === FAILURE;
  }

  /** A message said that what follows it is another protocol: until `resume`. */
  get paused(): boolean {
    return this.#state === OTHER_PROTOCOL;
  }

  /**
   * A request waits for the response that begins next: a line that has a status and little else is read as its status line. Or a request
   * begins: a method that nobody knows and a path are its line, without a version.
   */
  set isDue(isDue: boolean) {
    this.#message.isDue = isDue;
  }

  /** The facts of the message under way. */
  get head(): MessageHead {
    return this.#message;
  }

  /** The start line or the fields of a message are not complete. */
  get inHead(): boolean {
    return this.#state === START_LINE || this.#state === BEFORE_FIELDS || this.#state === FIELDS;
  }

  /** A message has begun and is not complete. */
  get inMessage(): boolean {
    return this.#state >= START_LINE && this.#state <= TRAILERS;
  }

  /** The message under way ends with the connection. */
  get endsWithConnection(): boolean {
    return this.#state === ENDLESS_BODY || (this.#state === BEFORE_FIELDS && this.#isSimple());
  }

  /** A request line without a version was read: a head need not follow (RFC 1945 §4.1). */
  #isSimple(): boolean {
    return this.#message.isRequest && this.#message.major === 0 && this.#message.minor === 9;
  }

  /** A head is over behind which a body may follow, or the next message: until `decideBody`. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** The body under way may be over before its length says so, if it has one: until `decideBody`. */
  doubtBody(): void {
    this.#isDoubtful ||= this.#state >= FIXED_BODY && this.#state <= CHUNKED_BODY;
  }

  /** Says whether what follows the head, or what was seen of the body, is the body. */
  decideBody(isThere: boolean): void {
    this.#isDoubtful = false;
    if (isThere) return;
    this.#message.flags |= HEAD_FLAGS.SKIP_BODY;
    this.#endMessage(this.#position);
  }

  /** Parses `data[start, end)`. Gives the index of the first byte that was not consumed: less than `end` when failed, paused or doubtful. */
  push(data: Uint8Array, start = 0, end = data.length): number {
    const base = this.#position - start;
    let p = start;
    while (p < end && this.#state < OTHER_PROTOCOL && !this.#isDoubtful) p = this.#step(data, p, end, base);
    this.#position = base + p;
    return p;
  }

  /** The bytes that follow are HTTP/1 after all: the upgrade was refused. */
  resume(): void {
    if (this.#state === OTHER_PROTOCOL) this.#state = BETWEEN;
  }

  /** A response of HTTP/0.9, which is all body, begins at `position`: it ends with the connection. */
  beginSimpleResponse(): void {
    const message = this.#message;
    message.reset();
    message.major = 0;
    message.minor = 9;
    this.#upgrade = false;
    this.#handler.messageBegin(this.#position);
    this.#handler.headersComplete(this.#position, message);
    this.#state = ENDLESS_BODY;
  }

  /** Forgets the message under way and expects one to begin at `position`. */
  restart(position: number): void {
    this.#position = position;
    this.#state = BETWEEN;
    this.#isDoubtful = false;
  }

  /** Whether the next `size` bytes lie within a body, so that parsing can go on after them. */
  canSkip(size: number): boolean {
    return (
      this.#state === ENDLESS_BODY ||
      (this.#state === FIXED_BODY && size <= this.#remaining) ||
      (this.#state === CHUNKED_BODY && this.#chunks!.canSkip(size))
    );
  }

  /** How much of the body is to come, where its length is known. */
  get bodyLeft(): number | undefined {
    return this.#state === FIXED_BODY ? this.#remaining : undefined;
  }

  /** Passes over bytes that were never seen, as far as `canSkip` allows; otherwise does nothing and gives false. */
  skip(size: number): boolean {
    if (!this.canSkip(size)) return false;
    this.#isDoubtful = false;
    this.#position += size;
    if (this.#state === CHUNKED_BODY) this.#chunks!.skip(size);
    else if (this.#state === FIXED_BODY) {
      this.#remaining -= size;
      if (this.#remaining === 0) this.#endMessage(this.#position);
    }
    return true;
  }

  /**
   * The stream is over. An element under way is reported as far as it came; a body that lasts until the connection's end is
   * complete. `incomplete` when the stream ends within a message.
   */
  finish(): "complete" | "complete-by-close" | "incomplete" {
    this.#isDoubtful = false;
    switch (this.#state) {
      case BETWEEN:
      case CLOSED:
      case OTHER_PROTOCOL:
        return "complete";
      case ENDLESS_BODY:
        this.#state = CLOSED;
        this.#handler.messageComplete(this.#position);
        return "complete-by-close";
      case BEFORE_FIELDS:
        if (!this.#isSimple()) return "incomplete";
        this.#endHead(this.#position);
        return "complete-by-close";
      case START_LINE:
        this.#startLine.finish(this.#position);
        return "incomplete";
      case FIELDS:
      case TRAILERS:
        this.#fields.finish(this.#position);
        return "incomplete";
      case CHUNKED_BODY:
        this.#chunks!.finish(this.#position);
        return "incomplete";
      default:
        return "incomplete";
    }
  }

  #step(data: Uint8Array, p: number, end: number, base: number): number {
    const message = this.#message;
    switch (this.#state) {
      case BETWEEN:
        if (data[p] === CR || data[p] === LF) return p + 1;
        if (!message.strict && isWhiteSpace(data[p]!)) {
          this.#handler.violation(message.isRequest ? "invalid:request-line" : "invalid:status-line", base + p);
          return p + 1;
        }
        message.reset();
        this.#handler.messageBegin(base + p);
        this.#startLine.begin(base + p);
        this.#state = START_LINE;
        return p;
      case START_LINE:
        return this.#advance(this.#startLine.parse(data, p, end, base), this.#startLine.position, base);
      case BEFORE_FIELDS:
        this.#fields.begin(false);
        this.#state = FIELDS;
        if (data[p] !== 0x20) return p;
        p++;
        if (!message.tolerates("space-after-start-line", "UNEXPECTED_SPACE", SPACE_AFTER_START, base + p))
          this.#state = FAILURE;
        return p;
      case FIELDS:
      case TRAILERS:
        return this.#advance(this.#fields.parse(data, p, end, base), this.#fields.position, base);
      case CHUNKED_BODY:
        return this.#advance(this.#chunks!.parse(data, p, end, base), this.#chunks!.position, base);
      case FIXED_BODY: {
        const piece = Math.min(this.#remaining, end - p);
        this.#handler.body(data, p, p + piece, base + p);
        this.#remaining -= piece;
        if (this.#remaining === 0) this.#endMessage(base + p + piece);
        return p + piece;
      }
      case ENDLESS_BODY:
        this.#handler.body(data, p, end, base + p);
        return end;
      default:
        return this.#afterClose(data, p, base);
    }
  }

  /** A part of the message made progress: where to go on, and with what. */
  #advance(progress: Progress, position: number, base: number): number {
    if (progress === MORE) return position;
    if (progress === FAILED) {
      this.#state = FAILURE;
      return this.#message.failedAt - base;
    }
    switch (this.#state) {
      case START_LINE:
        this.#state = BEFORE_FIELDS;
        break;
      case FIELDS:
        this.#endHead(base + position);
        break;
      case CHUNKED_BODY:
        this.#message.flags |= HEAD_FLAGS.TRAILERS;
        this.#fields.begin(true);
        this.#state = TRAILERS;
        break;
      default:
        this.#handler.chunkComplete(base + position);
        this.#endMessage(base + position);
    }
    return position;
  }

  /** Decides how the body is framed (RFC 9112 §6.3). */
  #endHead(at: number): void {
    const message = this.#message;
    const { status, isRequest } = message;
    this.#upgrade =
      message.has("UPGRADE") && message.has("CONNECTION_UPGRADE")
        ? isRequest || status === 101
        : isRequest && message.method === CONNECT;
    const override = this.#handler.headersComplete(at, message);
    if (override === "skip-body") message.flags |= HEAD_FLAGS.SKIP_BODY;
    if (override === "tunnel") this.#upgrade = true;

    const hasBody = message.has("CHUNKED") || message.contentLength > 0;
    const isConnect = isRequest ? message.method === CONNECT : override === "tunnel";
    if ((this.#upgrade && (isConnect || message.has("SKIP_BODY") || !hasBody)) || (!isRequest && status === 101)) {
      this.#upgrade = true;
      this.#endMessage(at);
    } else if (message.has("SKIP_BODY") || (!isRequest && isBodiless(status, message.strict))) this.#endMessage(at);
    else if (message.has("CHUNKED")) {
      this.#chunks ??= new ChunkedBodyParser(this.#message);
      this.#chunks.begin();
      this.#state = CHUNKED_BODY;
    } else if (message.has("TRANSFER_ENCODING")) {
      // The length of a request that ends in another coding cannot be known (RFC 9112 §6.3, rule 4).
      const reason = "Request has invalid `Transfer-Encoding`";
      const readable =
        !isRequest || message.tolerates("invalid-transfer-encoding", "INVALID_TRANSFER_ENCODING", reason, at);
      this.#state = readable ? ENDLESS_BODY : FAILURE;
    } else if (message.has("CONTENT_LENGTH")) {
      this.#remaining = message.contentLength;
      this.#state = FIXED_BODY;
      if (this.#remaining === 0) this.#endMessage(at);
    } else if (isRequest || Math.trunc(status / 100) === 1) this.#endMessage(at);
    else this.#state = ENDLESS_BODY;
    this.#isDoubtful = override === "doubtful" && this.#state >= FIXED_BODY && this.#state <= CHUNKED_BODY;
  }

  #endMessage(at: number): void {
    this.#isDoubtful = false;
    const upgraded = this.#upgrade;
    const persists = this.#persists();
    this.#state = upgraded ? OTHER_PROTOCOL : persists ? BETWEEN : CLOSED;
    this.#handler.messageComplete(at);
  }

  /** Whether another message may follow (RFC 9112 §9.3). */
  #persists(): boolean {
    const message = this.#message;
    // What calls itself HTTP/2.0 here is read as the last version of its kind.
    const isLater = message.major > 0 && (message.minor > 0 || (message.major > 1 && !message.strict));
    if (isLater ? message.has("CLOSE") : !message.has("KEEP_ALIVE")) return false;
    if (message.isRequest) return true;
    if (Math.trunc(message.status / 100) === 1 || message.status === 204 || message.status === 304) return true;
    return (
      message.has("SKIP_BODY") ||
      message.has("CHUNKED") ||
      (message.has("CONTENT_LENGTH") && !message.has("TRANSFER_ENCODING"))
    );
  }

  #afterClose(data: Uint8Array, p: number, base: number): number {
    if (data[p] === CR || data[p] === LF) return p + 1;
    if (!this.#message.tolerates("data-after-close", "CLOSED_CONNECTION", DATA_AFTER_CLOSE, base + p + 1)) {
      this.#state = FAILURE;
      return p;
    }
    this.#state = BETWEEN;
    return p;
  }
}

function createStartLine(message: MessageState) {
  if (message.strict) return message.isRequest ? new RequestLineParser(message) : new StatusLineParser(message);
  return message.isRequest ? new TolerantRequestLine(message) : new TolerantStatusLine(message);
}

const SPACE_AFTER_START = "Unexpected space after start line";
const DATA_AFTER_CLOSE = "Data after `Connection: close`";

/** Responses that have no body, whatever their fields say. llhttp knows four of the 1xx; RFC 9110 §15.2 means all. */
function isBodiless(status: number, strict: boolean): boolean {
  if (status === 204 || status === 304) return true;
  return strict ? status === 100 || status === 102 || status === 103 : status >= 100 && status < 200;
}
