import type { Body, Exchange, Header, RequestMessage, ResponseMessage, Timestamp } from "../../model/index.ts";
import { redactBody, redactBytes, redactLines } from "./redact-body.ts";
import { redactHeaders } from "./redact-headers.ts";
import { redactText, type TextRedaction } from "./redact-text.ts";
import { DEFAULT_RULES, normaliseName, type RedactionRules } from "./rules.ts";
import { SecretMarker } from "./secret-marker.ts";

export interface RedactorOptions {
  /** What is redacted beside `DEFAULT_RULES`. */
  readonly also?: Partial<RedactionRules>;
  /** Names that are let through although the rules have them. */
  readonly except?: readonly string[];
  /** The key of the marks: 16 bytes or more. By default random: marks can be compared within one run only. */
  readonly key?: Uint8Array;
}

/**
 * Takes credentials out of exchanges before they are printed or written: header values, cookies, tokens in URLs, members
 * and fields of bodies, and whatever has the shape of a token. Each becomes `‹redacted:NAME #hash›`, so that it can still
 * be seen where the same one was used. Sizes stay those of the wire. Bodies have to be decoded first: in compressed bytes
 * nothing is found (`decodeBodies`).
 */
export class Redactor {
  readonly #headers: ReadonlySet<string>;
  readonly #text: TextRedaction;

  constructor({ also = {}, except = [], key }: RedactorOptions = {}) {
    const excepted = new Set(except.map(normaliseName));
    const join = (...lists: (readonly string[])[]): ReadonlySet<string> =>
      new Set(
        lists
          .flat()
          .map(normaliseName)
          .filter((name) => !excepted.has(name)),
      );
    this.#headers = join(DEFAULT_RULES.headers, also.headers ?? []);
    this.#text = { marker: new SecretMarker(key), names: join(DEFAULT_RULES.names, also.names ?? []) };
  }

  /** A copy without credentials. The messages of it have accessors for headers and bodies: read them, do not spread them. */
  redact(exchange: Exchange): Exchange {
    const { request, response, messages, grpc, informational } = exchange;
    return {
      ...exchange,
      ...(request === undefined ? {} : { request: this.#redactRequest(request) }),
      ...(response === undefined ? {} : { response: this.#redactResponse(response) }),
      ...(messages === undefined
        ? {}
        : {
            messages: messages.map((message) => {
              const bytes = redactBytes(message.bytes, "", this.#text);
              return bytes === message.bytes ? message : { ...message, bytes };
            }),
          }),
      ...(grpc?.message === undefined ? {} : { grpc: { ...grpc, message: this.text(grpc.message) } }),
      ...(informational === undefined
        ? {}
        : { informational: informational.map((one) => ({ ...one, headers: this.headers(one.headers) })) }),
    };
  }

  /** Pseudo-headers are known by their names. */
  headers(headers: readonly Header[]): readonly Header[] {
    const redacted = redactHeaders(headers, this.#headers, this.#text);
    const at = redacted.findIndex(({ name, value }) => name === ":authority" && value?.includes("@"));
    if (at < 0) return redacted;
    const authority = redacted[at]!;
    return redacted.with(at, { ...authority, value: this.#redactAuthority(authority.value!) });
  }

  /** A body, or the beginning of one. @param type its Content-Type */
  content(bytes: Uint8Array, type: string): Uint8Array {
    return redactBytes(bytes, type, this.#text);
  }

  /** `type` is the body's Content-Type. */
  body(body: Body, type: string): Body {
    return redactBody(body, type, this.#text);
  }

  /** A URL, a request target, or any line of text. */
  text(text: string): string {
    return redactText(text, this.#text);
  }

  /** Whole lines of a connection's bytes: header lines as headers, anything else as content. */
  streamBytes(bytes: Uint8Array): Uint8Array {
    return redactLines(
      bytes,
      (line) => this.#redactLine(line),
      (rest) => redactBytes(rest, "", this.#text),
    );
  }

  #redactLine(line: string): string {
    const header = /^([\w!#$%&'*+.^`|~-]{1,128}):([ \t]*)(.+)$/.exec(line);
    if (header === null) return line;
    const [redacted] = this.headers([{ name: header[1], value: header[3] }]);
    return `${header[1]}:${header[2]}${redacted!.value}`;
  }

  #redactRequest(request: RequestMessage): RequestMessage {
    const { target, authority } = request;
    return Object.assign(new RedactedMessage(request, this), {
      ...(request.method === undefined ? {} : { method: request.method }),
      ...(request.scheme === undefined ? {} : { scheme: request.scheme }),
      ...(target === undefined ? {} : { target: this.text(target) }),
      ...(authority === undefined ? {} : { authority: this.#redactAuthority(authority) }),
    });
  }

  #redactResponse(response: ResponseMessage): ResponseMessage {
    const { status, reason } = response;
    return Object.assign(new RedactedMessage(response, this), {
      ...(status === undefined ? {} : { status }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  #redactAuthority(authority: string): string {
    const at = authority.lastIndexOf("@");
    return at < 0 ? authority : this.#text.marker.mark("userinfo", authority.slice(0, at)) + authority.slice(at);
  }
}

/** Headers and bodies are looked through when they are asked for: a line of a table needs neither. */
class RedactedMessage {
  readonly headBytes: number;
  readonly started: Timestamp;
  readonly finished?: Timestamp;
  readonly #message: RequestMessage | ResponseMessage;
  readonly #redactor: Redactor;
  #headers: readonly Header[] | undefined;
  #body: Body | undefined;

  constructor(message: RequestMessage | ResponseMessage, redactor: Redactor) {
    this.#message = message;
    this.#redactor = redactor;
    this.headBytes = message.headBytes;
    this.started = message.started;
    if (message.finished !== undefined) this.finished = message.finished;
  }

  get headers(): readonly Header[] {
    this.#headers ??= this.#redactor.headers(this.#message.headers);
    return this.#headers;
  }

  get trailers(): readonly Header[] {
    return this.#redactor.headers(this.#message.trailers);
  }

  get body(): Body {
    if (this.#body === undefined) {
      const { headers, body } = this.#message;
      const type = headers.find(({ name }) => name?.toLowerCase() === "content-type")?.value ?? "";
      this.#body = this.#redactor.body(body, type);
    }
    return this.#body;
  }
}
