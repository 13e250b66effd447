import type {
  ConversationMessage,
  HttpExchange,
  InformationalResponse,
  RequestMessage,
  ResponseMessage,
} from "../../model/index.ts";
import { redactApplications } from "../applications/table.ts";
import type { Redactor } from "../redaction/index.ts";

/** A copy without credentials; what has none in it is shared with the original. Bodies have to be decoded (`decodeBodies`). */
export function redactHttpExchange(exchange: HttpExchange, redactor: Redactor): HttpExchange {
  const { request, response, messages, application, informational } = exchange;
  return {
    ...exchange,
    application: redactApplications(application, redactor),
    ...(request && { request: redactRequest(request, redactor) }),
    ...(response && { response: redactResponse(response, redactor) }),
    ...(messages && { messages: redactMessages(messages, redactor) }),
    ...(informational && { informational: redactInformational(informational, redactor) }),
  };
}

function redactRequest(request: RequestMessage, redactor: Redactor): RequestMessage {
  const { target, authority } = request;
  return {
    ...redactMessage(request, redactor),
    ...(target !== undefined && { target: redactor.target(target) }),
    ...(authority !== undefined && { authority: redactor.authority(authority) }),
  };
}

function redactResponse(response: ResponseMessage, redactor: Redactor): ResponseMessage {
  const { reason } = response;
  return { ...redactMessage(response, redactor), ...(reason !== undefined && { reason: redactor.text(reason) }) };
}

function redactMessage<M extends RequestMessage | ResponseMessage>(message: M, redactor: Redactor): M {
  const { headers, trailers, body } = message;
  return {
    ...message,
    headers: redactor.headers(headers),
    trailers: redactor.headers(trailers),
    body: redactor.body(body, headers),
  };
}

export function redactMessages(
  messages: readonly ConversationMessage[],
  redactor: Redactor,
): readonly ConversationMessage[] {
  return messages.map((message) => {
    const bytes = redactor.content(message.bytes, "");
    return bytes === message.bytes ? message : { ...message, bytes };
  });
}

export function redactInformational(
  responses: readonly InformationalResponse[],
  redactor: Redactor,
): readonly InformationalResponse[] {
  return responses.map((one) => ({ ...one, headers: redactor.headers(one.headers) }));
}
