import { BodyBeginning } from "../../analysis/content/body-text.ts";
import type { HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import type { TraceBody } from "../../wire/envoy/index.ts";

/**
 * The exchange with what the tap kept of its bodies, and without messages: the analysis that made it may keep others, and what
 * a tap records does not depend on who else watches.
 */
export function withKeptBodies(
  exchange: HttpExchange,
  requestBody: TraceBody | undefined,
  responseBody: TraceBody | undefined,
): HttpExchange {
  const { request, response, messages: _, ...rest } = exchange;
  return {
    ...rest,
    ...(request && { request: withKeptBody(request, requestBody) }),
    ...(response && { response: withKeptBody(response, responseBody) }),
  };
}

function withKeptBody<Message extends RequestMessage | ResponseMessage>(
  message: Message,
  kept: TraceBody | undefined,
): Message {
  return { ...message, body: new BodyBeginning(message.body, kept?.asBytes ?? NO_BYTES) };
}

const NO_BYTES = new Uint8Array(0);
