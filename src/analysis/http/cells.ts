import { findApplication, type HttpExchange, type RequestMessage } from "../../model/index.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";
import { TextMemo } from "../../wire/text/text-memo.ts";
import { outermostByHeads } from "../applications/table.ts";
import type { ExchangeCells, Tone } from "../protocols/exchange-cells.ts";
import { headerValue } from "./header-value.ts";

export function httpCells(exchange: HttpExchange): ExchangeCells {
  const { request, response } = exchange;
  const status = response?.status;
  return {
    verb: request === undefined ? "-" : (request.method ?? UNKNOWN),
    host: hostOf(request),
    target: request === undefined ? undefined : octetsToText(request.target ?? UNKNOWN),
    status: response === undefined ? undefined : String(status ?? UNKNOWN),
    tone: status === undefined ? undefined : (TONES[(status / 100) | 0] ?? "bad"),
    type: typeOf(exchange),
    sizes: { request: request?.body.size ?? 0, response: response?.body.size ?? 0 },
  };
}

/** Of a message that is there, but not this part of it; what is missing altogether is shown as `-`. */
const UNKNOWN = "?";

function hostOf(request: RequestMessage | undefined): string | undefined {
  if (request?.authority !== undefined) return octetsToText(request.authority);
  // It may be the field whose name was in a part of the compression table that was never seen.
  return request?.headers.some(({ name }) => name === undefined) ? UNKNOWN : undefined;
}

/** By the status code's first digit. */
const TONES: readonly Tone[] = ["quiet", "quiet", "good", "elsewhere", "warning", "bad"];

/** The application inside, or the content's type, as short as can be understood: `json` for `application/problem+json`. */
function typeOf(exchange: HttpExchange): string | undefined {
  const { application, request, response } = exchange;
  const inside = outermostByHeads(application);
  if (inside !== undefined) {
    const grpc = findApplication(exchange, "grpc");
    return grpc === undefined ? inside.name : `grpc ${grpc.statusName ?? grpc.status ?? "-"}`;
  }
  const type = headerValue(response?.headers, "content-type") ?? headerValue(request?.headers, "content-type");
  return type === undefined ? undefined : SHORT_TYPES.get(type);
}

/** There are few types, and many exchanges. */
const SHORT_TYPES = new TextMemo(256, (type) => {
  const subtype = /^[\w.+-]+\/(?:[\w.-]+\+)?([\w.-]+)/.exec(type)?.[1] ?? type;
  return subtype.replace(/^(?:x-)?(?:www-)?(?:vnd\.)?/, "").replace(/^form-urlencoded$/, "form");
});
