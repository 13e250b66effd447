import { findApplication, type HttpExchange } from "../../model/index.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";
import { TextMemo } from "../../wire/text/text-memo.ts";
import type { ExchangeCells, Tone } from "../protocols/exchange-cells.ts";
import { headerValue } from "./header-value.ts";

export function httpCells(exchange: HttpExchange): ExchangeCells {
  const { request, response } = exchange;
  const status = response?.status;
  return {
    verb: request?.method ?? "-",
    host: request?.authority && octetsToText(request.authority),
    target: request?.target && octetsToText(request.target),
    status: status === undefined ? undefined : String(status),
    tone: status === undefined ? undefined : (TONES[Math.floor(status / 100)] ?? "bad"),
    type: typeOf(exchange),
    sizes: { request: request?.body.size ?? 0, response: response?.body.size ?? 0 },
  };
}

/** By the status code's first digit. */
const TONES: readonly Tone[] = ["quiet", "quiet", "good", "elsewhere", "warning", "bad"];

/** The application inside, or the content's type, as short as can be understood: `json` for `application/problem+json`. */
function typeOf(exchange: HttpExchange): string | undefined {
  const { application, request, response } = exchange;
  const grpc = findApplication(exchange, "grpc");
  if (grpc !== undefined) return `grpc ${grpc.statusName ?? grpc.status ?? "-"}`;
  if (application[0] !== undefined) return application[0].name;
  const type = headerValue(response?.headers, "content-type") ?? headerValue(request?.headers, "content-type");
  return type === undefined ? undefined : SHORT_TYPES.get(type);
}

/** There are few types, and many exchanges. */
const SHORT_TYPES = new TextMemo(256, (type) => {
  const subtype = /^[\w.+-]+\/(?:[\w.-]+\+)?([\w.-]+)/.exec(type)?.[1] ?? type;
  return subtype.replace(/^(?:x-)?(?:www-)?(?:vnd\.)?/, "").replace(/^form-urlencoded$/, "form");
});
