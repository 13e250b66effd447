import type { Body, HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import type { HarEntryContext } from "../../wire/exchange-codec.ts";
import { type Fields, fieldsOf } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import {
  connectionDocument,
  headerDocument,
  readConnection,
  readHeaders,
  readTimes,
  time,
  timesDocument,
} from "../../wire/ndjson/index.ts";

/**
 * The facts of an exchange that HAR has no field for, or keeps less exactly: an entry's `_tapline`, in the words of the NDJSON
 * documents. What stands in HAR's own fields (headers, bodies, status) is not repeated.
 */
export function harFacts(exchange: HttpExchange): object {
  const { connection, index, times, request, response, informational } = exchange;
  return {
    index,
    connection: connectionDocument(connection),
    times: timesDocument(times),
    request: request && {
      ...messageFacts(request),
      target: request.target,
      scheme: request.scheme,
      authority: request.authority,
    },
    response: response && messageFacts(response),
    informational: informational?.map((one) => ({
      status: one.status,
      headers: one.headers.map(headerDocument),
      time: time(one.time),
    })),
  };
}

function messageFacts({ headBytes, started, finished, body }: RequestMessage | ResponseMessage): object {
  const { size, truncated, complete, decodedFrom } = body;
  return {
    headBytes,
    started: time(started),
    finished: time(finished),
    body: { size, truncated, complete, decodedFrom },
  };
}

/** The exchange of an entry with what its `_tapline` says more exactly. */
export function withHarFacts(exchange: HttpExchange, facts: Fields, context: HarEntryContext): HttpExchange {
  const connection = facts.object("connection");
  const request = facts.optional("request");
  const informational = facts.list("informational");
  return {
    ...exchange,
    connection: context.connectionFor(JSON.stringify(connection.raw), () => readConnection(connection)),
    index: facts.number("index") ?? 0,
    times: readTimes(facts.object("times")),
    ...(exchange.request && {
      request: withRequestFacts(withMessageFacts(exchange.request, request), request),
    }),
    ...(exchange.response && { response: withMessageFacts(exchange.response, facts.optional("response")) }),
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

function withMessageFacts<M extends RequestMessage | ResponseMessage>(message: M, facts: Fields | undefined): M {
  if (facts === undefined) return message;
  const { started: _, finished: __, ...rest } = message;
  const [started, finished] = [readTime(facts, "started"), readTime(facts, "finished")];
  return {
    ...(rest as M),
    headBytes: facts.number("headBytes") ?? message.headBytes,
    body: withBodyFacts(message.body, facts.object("body")),
    ...(started && { started }),
    ...(finished && { finished }),
  };
}

function withBodyFacts(body: Body, facts: Fields): Body {
  const { decodedFrom: _, ...rest } = body;
  return {
    ...rest,
    size: facts.number("size") ?? body.size,
    truncated: facts.flag("truncated") ?? body.truncated,
    complete: facts.flag("complete") ?? body.complete,
    ...facts.copyTexts("decodedFrom"),
  };
}
