import type {
  Body,
  ConversationMessage,
  Header,
  HttpExchange,
  RequestMessage,
  ResponseMessage,
} from "../../model/index.ts";
import { redactApplications } from "../applications/table.ts";
import type { ContentAllowance } from "../content/content-allowance.ts";
import { addBodyProblems, decodeBody, isCoded } from "../content/decode-bodies.ts";
import type { Presentation } from "../content/presentation.ts";
import type { Redactor } from "../redaction/index.ts";
import { redactInformational, redactMessages } from "./redact-exchange.ts";

/** Bodies decoded and everything redacted, each part when it is first asked for; the same object where there is nothing to do. */
export function presentHttpExchange(exchange: HttpExchange, presentation: Presentation): HttpExchange {
  const { request, response } = exchange;
  const { redactor, allowance } = presentation;
  if (redactor === undefined && allowance === undefined && !hasCodedBody(request) && !hasCodedBody(response))
    return exchange;
  return new PresentedExchange(exchange, presentation) as HttpExchange;
}

function hasCodedBody(message: RequestMessage | ResponseMessage | undefined): boolean {
  return message !== undefined && isCoded(message.body, message.headers);
}

/** The model's types, with `undefined` for what is absent. */
type Optional<T> = { readonly [Key in keyof T]: T[Key] | undefined };

class PresentedExchange implements Optional<HttpExchange> {
  readonly id: number;
  readonly connection: HttpExchange["connection"];
  readonly protocol: string;
  readonly kind = "http";
  readonly streamId: number;
  readonly index: number;
  readonly request: RequestMessage | undefined;
  readonly response: ResponseMessage | undefined;
  readonly times: HttpExchange["times"];
  readonly quality: HttpExchange["quality"];
  readonly #original: HttpExchange;
  readonly #showsBodies: boolean;
  readonly #redactor: Redactor | undefined;
  readonly #allowance: ContentAllowance | undefined;
  #problems: readonly string[] | undefined;
  #messages: HttpExchange["messages"] | undefined;
  #application: HttpExchange["application"] | undefined;

  constructor(original: HttpExchange, presentation: Presentation) {
    this.id = original.id;
    this.connection = original.connection;
    this.protocol = original.protocol;
    this.streamId = original.streamId;
    this.index = original.index;
    const { request, response } = original;
    this.request = request && (new PresentedRequest(request, presentation) as RequestMessage);
    this.response = response && (new PresentedResponse(response, presentation) as ResponseMessage);
    this.times = original.times;
    this.quality = original.quality;
    this.#original = original;
    this.#showsBodies = presentation.showsBodies ?? false;
    this.#redactor = presentation.redactor;
    this.#allowance = presentation.allowance;
  }

  get problems(): readonly string[] {
    const { problems } = this.#original;
    if (!this.#showsBodies) return problems;
    this.#problems ??= addBodyProblems(problems, this.request?.body, this.response?.body);
    return this.#problems;
  }

  get informational(): HttpExchange["informational"] | undefined {
    const { informational } = this.#original;
    if (informational === undefined || this.#redactor === undefined) return informational;
    return redactInformational(informational, this.#redactor);
  }

  get messages(): HttpExchange["messages"] | undefined {
    const { messages } = this.#original;
    if (messages === undefined) return messages;
    if (this.#messages === undefined) {
      const shown = this.#allowance === undefined ? messages : withinAllowance(messages, this.#allowance);
      this.#messages = this.#redactor === undefined ? shown : redactMessages(shown, this.#redactor);
    }
    return this.#messages;
  }

  get application(): HttpExchange["application"] {
    const { application } = this.#original;
    if (this.#redactor === undefined) return application;
    this.#application ??= redactApplications(application, this.#redactor);
    return this.#application;
  }
}

/** Messages beyond the allowance are not searched, and so not shown. */
function withinAllowance(
  messages: readonly ConversationMessage[],
  allowance: ContentAllowance,
): readonly ConversationMessage[] {
  return messages.map((message) =>
    message.bytes.length === 0 || allowance.take(message.bytes.length)
      ? message
      : { ...message, bytes: NOTHING, truncated: true },
  );
}

const NOTHING = new Uint8Array(0);

class PresentedMessage {
  readonly headBytes: number;
  readonly started: RequestMessage["started"];
  readonly finished: RequestMessage["finished"] | undefined;
  protected readonly redactor: Redactor | undefined;
  readonly #original: RequestMessage | ResponseMessage;
  readonly #presentation: Presentation;
  #headers: readonly Header[] | undefined;
  #trailers: readonly Header[] | undefined;
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
    this.#trailers ??= this.#redact(this.#original.trailers);
    return this.#trailers;
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
  #shownTarget: string | undefined;
  #shownAuthority: string | undefined;

  constructor(request: RequestMessage, presentation: Presentation) {
    super(request, presentation);
    this.method = request.method;
    this.scheme = request.scheme;
    this.#target = request.target;
    this.#authority = request.authority;
  }

  get target(): string | undefined {
    const target = this.#target;
    if (target === undefined || this.redactor === undefined) return target;
    this.#shownTarget ??= this.redactor.target(target);
    return this.#shownTarget;
  }

  get authority(): string | undefined {
    const authority = this.#authority;
    if (authority === undefined || this.redactor === undefined) return authority;
    this.#shownAuthority ??= this.redactor.authority(authority);
    return this.#shownAuthority;
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

  get decodingProblem(): string | undefined {
    return this.#read().decodingProblem;
  }

  #read(): Body {
    if (this.#readable === undefined) {
      const { decode, redactor, limits, allowance } = this.#presentation;
      const decoded = decodeBody(this.#original, this.#headers, decode, limits);
      this.#readable =
        allowance?.take(decoded.bytes.length) === false
          ? { ...decoded, bytes: NOTHING, truncated: true, decodingProblem: "show-budget" }
          : (redactor?.body(decoded, this.#headers) ?? decoded);
    }
    return this.#readable;
  }
}
