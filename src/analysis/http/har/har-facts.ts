import {
  type Body,
  type Connection,
  compareTimestamps,
  type HttpExchange,
  type RequestMessage,
  type ResponseMessage,
  type Timestamp,
} from "../../../model/index.ts";
import type { HarEntryContext } from "../../../wire/exchange-codec.ts";
import { type Fields, fieldsOf } from "../../../wire/json/fields.ts";
import { readTime } from "../../../wire/json/read-values.ts";
import {
  connectionDocument,
  headerDocument,
  readConnection,
  readHeaders,
  readTimes,
  time,
  timesDocument,
} from "../../../wire/ndjson/index.ts";

/**
 * The facts of an exchange that HAR has no field for, or keeps less exactly: an entry's `_tapline`, in the words of the NDJSON
 * documents. What a reader takes from HAR's own fields (headers, bodies, status, sizes of heads) is not repeated, and a message's
 * moments only where they are others than the exchange's: null where they are not known.
 */
export function harFacts(exchange: HttpExchange): object {
  const { connection, index, times, request, response, informational } = exchange;
  return {
    index,
    connection: connectionFacts(connection),
    times: timesDocument(times),
    request: request && {
      target: request.target,
      scheme: request.scheme,
      authority: request.authority,
      started: otherMoment(request.started, times.requestStart),
      finished: otherMoment(request.finished, times.requestEnd),
      body: bodyFacts(request.body),
    },
    response: response && {
      reason: response.reason === "" ? "" : undefined,
      started: otherMoment(response.started, times.responseStart),
      finished: otherMoment(response.finished, times.responseEnd),
      body: bodyFacts(response.body),
    },
    informational: informational?.map((one) => ({
      status: one.status,
      headers: one.headers.map(headerDocument),
      time: time(one.time),
    })),
  };
}

/** A connection has many exchanges, and most are over before the next fact of it is known. */
function connectionFacts(connection: Connection): object {
  const { local, remote, role, opened, dialled, closed, tls, process } = connection;
  const state = [local, remote, role, opened, dialled, closed, process, tls, ...(tls ? Object.values(tls) : [])];
  const known = CONNECTIONS.get(connection);
  if (known?.state.length === state.length && known.state.every((one, i) => one === state[i])) return known.document;
  const document = connectionDocument(connection);
  CONNECTIONS.set(connection, { state, document });
  return document;
}

const CONNECTIONS = new WeakMap<Connection, { readonly state: readonly unknown[]; readonly document: object }>();

function otherMoment(moment: Timestamp | undefined, ofExchange: Timestamp | undefined): string | null | undefined {
  if (moment === ofExchange) return undefined;
  if (moment === undefined) return null;
  return ofExchange !== undefined && compareTimestamps(moment, ofExchange) === 0 ? undefined : time(moment);
}

/** Undefined where the body is whole as it was sent: HAR says all of it. */
function bodyFacts({ bytes, size, truncated, complete, decodedFrom }: Body): object | undefined {
  const isWhole = !truncated && complete && decodedFrom === undefined && bytes.length === size;
  return isWhole ? undefined : { size, truncated, complete, decodedFrom };
}

/** The exchange of an entry with what its `_tapline` says more exactly. */
export function withHarFacts(exchange: HttpExchange, facts: Fields, context: HarEntryContext): HttpExchange {
  const connection = facts.object("connection");
  const times = readTimes(facts.object("times"));
  const { requestStart, requestEnd, responseStart, responseEnd } = times;
  const request = facts.optional("request");
  const informational = facts.list("informational");
  return {
    ...exchange,
    connection: context.connectionFor(JSON.stringify(connection.raw), () => readConnection(connection)),
    index: facts.number("index") ?? 0,
    times,
    ...(exchange.request && {
      request: withRequestFacts(withMessageFacts(exchange.request, request, requestStart, requestEnd), request),
    }),
    ...(exchange.response && {
      response: withReason(
        withMessageFacts(exchange.response, facts.optional("response"), responseStart, responseEnd),
        facts.optional("response"),
      ),
    }),
    ...(informational && {
      informational: informational.map(fieldsOf).flatMap((one) => {
        const moment = readTime(one, "time");
        return moment === undefined
          ? []
          : [{ status: one.number("status") ?? 0, headers: readHeaders(one.list("headers")), time: moment }];
      }),
    }),
  };
}

/** An URL has an authority and a scheme also where the request has none. */
function withRequestFacts(request: RequestMessage, facts: Fields | undefined): RequestMessage {
  if (facts === undefined) return request;
  const { target: _, scheme: __, authority: ___, ...rest } = request;
  return { ...rest, ...facts.copyTexts("target", "scheme", "authority") };
}

/** HAR has an empty text, both for a reason that is empty and for none. */
function withReason(response: ResponseMessage, facts: Fields | undefined): ResponseMessage {
  return facts?.text("reason") === "" ? { ...response, reason: "" } : response;
}

function withMessageFacts<M extends RequestMessage | ResponseMessage>(
  message: M,
  facts: Fields | undefined,
  start: Timestamp | undefined,
  end: Timestamp | undefined,
): M {
  if (facts === undefined) return message;
  const { started: _, finished: __, ...rest } = message;
  const [started, finished] = [readMoment(facts, "started", start), readMoment(facts, "finished", end)];
  return {
    ...(rest as M),
    body: withBodyFacts(message.body, facts.optional("body")),
    ...(started && { started }),
    ...(finished && { finished }),
  };
}

function readMoment(facts: Fields, name: string, ofExchange: Timestamp | undefined): Timestamp | undefined {
  return facts.raw[name] === undefined ? ofExchange : readTime(facts, name);
}

function withBodyFacts(body: Body, facts: Fields | undefined): Body {
  if (facts === undefined) return body;
  const { decodedFrom: _, ...rest } = body;
  return {
    ...rest,
    size: facts.number("size") ?? body.size,
    truncated: facts.flag("truncated") ?? body.truncated,
    complete: facts.flag("complete") ?? body.complete,
    ...facts.copyTexts("decodedFrom"),
  };
}
