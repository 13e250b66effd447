import { contentCodings } from "../analysis/content/decode-bodies.ts";
import { redactHttpExchange } from "../analysis/http/redact-exchange.ts";
import type { Redactor } from "../analysis/redaction/index.ts";
import { createNodeRedactor } from "../analysis/redaction/node-redactor.ts";
import type { Header, HttpExchange, RequestMessage, ResponseMessage } from "../model/index.ts";
import type { HeaderValue, TraceBody } from "../wire/envoy/index.ts";
import type { TraceRedaction } from "./config/tap-config.ts";

/**
 * Takes credentials out of HTTP traces. Equal values become equal marks in all traces of this process. A body with a
 * content coding cannot be searched: nothing of it is shown.
 */
export class TraceRedactor {
  readonly #redactor: Redactor;

  constructor({ headers, names, except, pii }: TraceRedaction) {
    this.#redactor = createNodeRedactor({ also: { headers, names }, except, personal: pii });
  }

  headers(headers: readonly Header[]): readonly Header[] {
    return this.#redactor.headers(headers);
  }

  /** @param headers of the message that the body is of */
  body(body: TraceBody, headers: readonly HeaderValue[]): TraceBody {
    if (body.asBytes === undefined || body.asBytes.length === 0) return body;
    if (this.hides(headers)) return { asBytes: NO_BYTES, truncated: true };
    const type = headers.find(({ key }) => key === "content-type")?.value ?? "";
    return { ...body, asBytes: this.#redactor.content(body.asBytes, type) };
  }

  /** Whether the body of a message with such headers is left out. */
  hides(headers: readonly HeaderValue[]): boolean {
    return contentCodings(headers.map(({ key, value }) => ({ name: key, value }))).length > 0;
  }

  /** Bodies have to be decoded, or are left out. */
  exchange(exchange: HttpExchange): HttpExchange {
    const { request, response } = exchange;
    return redactHttpExchange(
      {
        ...exchange,
        ...(request && { request: withoutCodedBody(request) }),
        ...(response && { response: withoutCodedBody(response) }),
      },
      this.#redactor,
    );
  }
}

function withoutCodedBody<Message extends RequestMessage | ResponseMessage>(message: Message): Message {
  const { body, headers } = message;
  if (body.decodedFrom !== undefined || contentCodings(headers).length === 0) return message;
  return { ...message, body: { ...body, bytes: NO_BYTES, truncated: true } };
}

const NO_BYTES = new Uint8Array(0);
