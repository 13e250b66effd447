import type { Body, Exchange, Header, HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { type ContentDecoder, decodeBody } from "./decode-bodies.ts";

export interface Presentation {
  readonly decode: ContentDecoder;
  /** Absent: nothing is redacted. */
  readonly redactor: Redactor | undefined;
}

/**
 * The exchange as people may see it: bodies decoded (`decodeBodies`), then everything redacted (`Redactor.redact`). Each part is
 * made when it is first asked for, since most are never: a line of a table shows no bodies, `-T fields` what `-e` names. Parts are
 * getters: ask for them by name, since spreading leaves them out.
 */
export function presentExchange(exchange: Exchange, presentation: Presentation): Exchange {
  return new PresentedExchange(exchange, presentation) as unknown as Exchange;
}

/** Of the model's types, with `undefined` for what is absent. */
type Optional<T> = { readonly [Key in keyof T]: T[Key] | undefined };

class PresentedExchange implements Optional<Omit<HttpExchange, "kind">> {
  readonly id: number;
  readonly connection: Exchange["connection"];
  readonly protocol: string;
  readonly kind: Exchange["kind"];
  readonly streamId: number;
  readonly index: number;
  readonly request: RequestMessage | undefined;
  readonly response: ResponseMessage | undefined;
  readonly times: Exchange["times"];
  readonly quality: Exchange["quality"];
  readonly problems: readonly string[];
  readonly #original: Exchange;
  readonly #redactor: Redactor | undefined;

  constructor(original: Exchange, presentation: Presentation) {
    this.id = original.id;
    this.connection = original.connection;
    this.protocol = original.protocol;
    this.kind = original.kind;
    this.streamId = original.streamId;
    this.index = original.index;
    const { request, response } = original;
    this.request = request && (new PresentedRequest(request, presentation) as RequestMessage);
    this.response = response && (new PresentedResponse(response, presentation) as ResponseMessage);
    this.times = original.times;
    this.quality = original.quality;
    this.problems = original.problems;
    this.#original = original;
    this.#redactor = presentation.redactor;
  }

  get informational(): Exchange["informational"] | undefined {
    const { informational } = this.#original;
    return informational && (this.#redactor?.informational(informational) ?? informational);
  }

  get messages(): Exchange["messages"] | undefined {
    const { messages } = this.#original;
    return messages && (this.#redactor?.messages(messages) ?? messages);
  }

  get application(): Exchange["application"] {
    const { application } = this.#original;
    return this.#redactor?.application(application) ?? application;
  }
}

class PresentedMessage {
  readonly headBytes: number;
  readonly started: RequestMessage["started"];
  readonly finished: RequestMessage["finished"] | undefined;
  protected readonly redactor: Redactor | undefined;
  readonly #original: RequestMessage | ResponseMessage;
  readonly #presentation: Presentation;
  #headers: readonly Header[] | undefined;
  #body: Body | undefined;

  constructor(original: RequestMessage | ResponseMessage, presentation: Presentation) {
    this.headBytes = original.headBytes;
    this.started = original.started;
    this.finished = original.finished;
    this.redactor = presentation.redactor;
    this.#original = original;
    this.#presentation = presentation;
  }

  get headers(): readonly Header[] {
    this.#headers ??= this.#redact(this.#original.headers);
    return this.#headers;
  }

  get trailers(): readonly Header[] {
    return this.#redact(this.#original.trailers);
  }

  get body(): Body {
    if (this.#body === undefined) {
      const { body, headers } = this.#original;
      this.#body = body.bytes.length === 0 ? body : (new PresentedBody(body, headers, this.#presentation) as Body);
    }
    return this.#body;
  }

  #redact(headers: readonly Header[]): readonly Header[] {
    return this.redactor === undefined || headers.length === 0 ? headers : this.redactor.headers(headers);
  }
}

class PresentedRequest extends PresentedMessage implements Optional<RequestMessage> {
  readonly method: string | undefined;
  readonly scheme: string | undefined;
  readonly #target: string | undefined;
  readonly #authority: string | undefined;

  constructor(request: RequestMessage, presentation: Presentation) {
    super(request, presentation);
    this.method = request.method;
    this.scheme = request.scheme;
    this.#target = request.target;
    this.#authority = request.authority;
  }

  get target(): string | undefined {
    const target = this.#target;
    return target === undefined || this.redactor === undefined ? target : this.redactor.target(target);
  }

  get authority(): string | undefined {
    const authority = this.#authority;
    return authority === undefined || this.redactor === undefined ? authority : this.redactor.authority(authority);
  }
}

class PresentedResponse extends PresentedMessage implements Optional<ResponseMessage> {
  readonly status: number | undefined;
  readonly #reason: string | undefined;

  constructor(response: ResponseMessage, presentation: Presentation) {
    super(response, presentation);
    this.status = response.status;
    this.#reason = response.reason;
  }

  get reason(): string | undefined {
    const reason = this.#reason;
    return reason === undefined || this.redactor === undefined ? reason : this.redactor.text(reason);
  }
}

class PresentedBody implements Optional<Body> {
  readonly size: number;
  readonly complete: boolean;
  readonly #original: Body;
  readonly #headers: readonly Header[];
  readonly #presentation: Presentation;
  #readable: Body | undefined;

  constructor(original: Body, headers: readonly Header[], presentation: Presentation) {
    this.size = original.size;
    this.complete = original.complete;
    this.#original = original;
    this.#headers = headers;
    this.#presentation = presentation;
  }

  get bytes(): Uint8Array {
    return this.#read().bytes;
  }

  get truncated(): boolean {
    return this.#read().truncated;
  }

  get decodedFrom(): string | undefined {
    return this.#read().decodedFrom;
  }

  #read(): Body {
    if (this.#readable === undefined) {
      const { decode, redactor } = this.#presentation;
      const decoded = decodeBody(this.#original, this.#headers, decode);
      this.#readable = redactor?.body(decoded, this.#headers) ?? decoded;
    }
    return this.#readable;
  }
}
