import {
  type Application,
  type Connection,
  type ConversationMessage,
  type ExchangeTimes,
  type Header,
  type HttpExchange,
  NO_APPLICATION,
  type Quality,
  type RequestMessage,
  type ResponseMessage,
  SERVER_SENT_EVENTS,
  type Timestamp,
} from "../../../model/index.ts";
import { timesDisagree, transportTimes } from "../../exchange-times.ts";
import { schemeOf } from "../../protocol-analyzer.ts";
import type { EventStreamCollector } from "../event-stream/event-stream-collector.ts";
import type { Http1Message } from "./http1-message.ts";

/** A request and its response while they are read and wait for each other. */
export class PendingExchange {
  readonly id: number;
  readonly index: number;
  request: Http1Message | undefined;
  response: Http1Message | undefined;
  informational: { status: number; headers: readonly Header[]; time: Timestamp }[] | undefined;
  /** The message will not change any more: it was read to its end, or never will be. */
  requestOver = false;
  responseOver = false;
  /** It stands for a request that was missed: the response that comes in its turn is nobody's. */
  isMissed = false;
  /** Where its request stands in the stream of them. */
  start: number | undefined;
  /** Requests were missed before it: whether the response is its own is a guess. */
  uncertain = false;
  /** More were missed behind it before it was answered: nothing that comes tells any more whether it is. */
  staysUncertain = false;
  /** So much so that request and response are shown apart. */
  isParted = false;
  /** It is held back until it is known whether the response is its own. */
  guessed = false;
  /** Or until it is known whether its client pipelines: the connection's start was not seen. */
  isHeld = false;
  /** The response's Server-Sent Events. */
  events: EventStreamCollector | undefined;
  problems: string[] | undefined;
  /** Bytes of the budget that are reserved for its heads. */
  reserved = 0;

  constructor(id: number, index: number) {
    this.id = id;
    this.index = index;
  }

  /** The request that this exchange is about, known to it from then on. */
  takeRequest(request: Http1Message): void {
    this.request = request;
    this.start = request.position;
    request.exchange = this;
  }

  addProblem(problem: string): void {
    this.problems ??= [];
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }

  removeProblem(problem: string): void {
    this.problems = this.problems?.filter((other) => other !== problem);
  }

  /** The exchange as it stands. @param last it is handed on, and the bodies with it */
  build(connection: Connection, last: boolean, conversation?: Conversation): HttpExchange {
    const { request, response, events } = this;
    const times = this.#times(connection);
    if (timesDisagree(times)) this.addProblem("times-disagree");
    if (connection.unsaid?.fields === true) this.addProblem("head-limit");
    const exchange: { -readonly [Key in keyof HttpExchange]: HttpExchange[Key] } = {
      id: this.id,
      connection,
      kind: "http",
      protocol: protocolOf(request ?? response),
      streamId: 0,
      index: this.index,
      application: NO_APPLICATION,
      times,
      quality: this.#quality(conversation),
      problems: this.#problems(),
    };
    if (request !== undefined) exchange.request = buildRequest(request, connection, last);
    if (response !== undefined) exchange.response = buildResponse(response, connection, last);
    if (this.informational !== undefined) exchange.informational = this.informational;
    if (conversation !== undefined) {
      exchange.application = conversation.application;
      exchange.messages = conversation.messages;
    } else if (events !== undefined) {
      exchange.application = SERVER_SENT_EVENTS;
      exchange.messages = last ? events.take() : events.peek();
    }
    return exchange;
  }

  #times(connection: Connection): ExchangeTimes {
    const { unsaid } = connection;
    const request = unsaid?.requestTimes === true ? undefined : this.request;
    const response = unsaid?.responseTimes === true ? undefined : this.response;
    const times: { -readonly [Key in keyof ExchangeTimes]: ExchangeTimes[Key] } =
      this.index === 0 ? transportTimes(connection) : {};
    if (request !== undefined) {
      times.requestStart = request.started;
      if (request.finished !== undefined) times.requestEnd = request.finished;
    }
    if (response !== undefined) {
      times.responseStart = response.started;
      if (response.finished !== undefined) times.responseEnd = response.finished;
    }
    return times;
  }

  #quality(conversation: Conversation | undefined): Quality {
    const { request, response } = this;
    if (request?.gap || response?.gap || conversation?.gap) return "gap";
    if (request === undefined || response === undefined) return "unpaired";
    if (this.uncertain) return "gap";
    if (request.cut || response.cut || conversation?.cut) return "truncated";
    if (this.problems?.includes("head-limit") === true) return "truncated";
    if (!request.complete || !response.complete) return "unfinished";
    return "complete";
  }

  #problems(): readonly string[] {
    const { request, response } = this;
    if (this.uncertain && response !== undefined) this.addProblem("uncertain-pairing");
    const { problems } = this;
    if (problems === undefined && request?.problems === undefined && response?.problems === undefined)
      return NO_PROBLEMS;
    return [...new Set([...(request?.problems ?? []), ...(response?.problems ?? []), ...(problems ?? [])])];
  }
}

/** The conversation after the exchange on its connection, where it was upgraded. */
export interface Conversation {
  readonly application: readonly Application[];
  readonly messages: readonly ConversationMessage[];
  readonly gap: boolean;
  readonly cut: boolean;
}

const NO_PROBLEMS: readonly string[] = [];

function protocolOf(message: Http1Message | undefined): string {
  if (message === undefined || message.major !== 1)
    return message === undefined ? "http/1.1" : `http/${message.major}.${message.minor}`;
  return message.minor === 1 ? "http/1.1" : message.minor === 0 ? "http/1.0" : `http/1.${message.minor}`;
}

export function buildRequest(message: Http1Message, connection: Connection, last: boolean): RequestMessage {
  const request: { -readonly [Key in keyof RequestMessage]: RequestMessage[Key] } = {
    method: message.method,
    target: message.target,
    scheme: schemeOf(connection),
    headers: message.headers,
    trailers: message.trailers,
    body: last ? message.takeBody() : message.peekBody(),
    headBytes: message.headBytes,
    started: message.started,
  };
  if (message.finished !== undefined) request.finished = message.finished;
  const authority = authorityOf(message);
  if (authority !== undefined) request.authority = authority;
  const { unsaid } = connection;
  return unsaid === undefined ? request : withoutUnsaid(request, unsaid.requestTimes, unsaid.requestFraming);
}

function buildResponse(message: Http1Message, connection: Connection, last: boolean): ResponseMessage {
  const response: { -readonly [Key in keyof ResponseMessage]: ResponseMessage[Key] } = {
    status: message.status,
    reason: message.reason,
    headers: message.headers,
    trailers: message.trailers,
    body: last ? message.takeBody() : message.peekBody(),
    headBytes: message.headBytes,
    started: message.started,
  };
  if (message.finished !== undefined) response.finished = message.finished;
  if (message.status === 0) delete response.status;
  const { unsaid } = connection;
  return unsaid === undefined ? response : withoutUnsaid(response, unsaid.responseTimes, unsaid.responseFraming);
}

/** Leaves out the size and the framing field of a head that was made up from a trace, and the times of messages that have none. */
function withoutUnsaid<M extends RequestMessage | ResponseMessage>(message: M, untimed: boolean, framed: boolean): M {
  const { started, finished, headers, ...rest } = message;
  return {
    ...(rest as unknown as M),
    headers: framed ? headers.slice(0, -1) : headers,
    headBytes: 0,
    ...(!untimed && started && { started }),
    ...(!untimed && finished && { finished }),
  };
}

/** The target's authority, where it has one (RFC 9112 §3.2.2, §3.2.3), otherwise the Host field. */
function authorityOf(message: Http1Message): string | undefined {
  const { method, target } = message;
  if (method === "CONNECT") return target;
  if (target.charCodeAt(0) !== 0x2f) {
    const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(target);
    if (absolute !== null) return absolute[1];
  }
  for (const header of message.headers) {
    if (header.name?.length === 4 && header.name.toLowerCase() === "host") return header.value;
  }
  return undefined;
}
