import type { Exchange, Header } from "../../model/index.ts";

/** Facts of an exchange of HTTP for access logs. */
export interface AccessLogFacts {
  /** 1 or 2. */
  readonly version: 1 | 2;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly requestHeadBytes: number;
  readonly requestBodyBytes: number;
  readonly responseHeadBytes: number;
  readonly responseBodyBytes: number;
}

/** The facts, or why there are none, in the ledger's words: it is another protocol, or one of the messages was not seen. */
export function accessLogFacts(exchange: Exchange): AccessLogFacts | "not-http" | "unpaired" {
  if (exchange.kind !== "http") return "not-http";
  const { request, response, protocol } = exchange;
  if (request === undefined || response === undefined) return "unpaired";
  return {
    version: protocol === "h2" ? 2 : 1,
    method: request.method ?? "",
    target: request.target ?? "",
    status: response.status ?? 0,
    requestHeadBytes: request.headBytes,
    requestBodyBytes: request.body.size,
    responseHeadBytes: response.headBytes,
    responseBodyBytes: response.body.size,
  };
}

/** Empty where it is another protocol, or the request was not seen. */
export function requestHeadersOf(exchange: Exchange): readonly Header[] {
  return exchange.kind === "http" ? (exchange.request?.headers ?? []) : [];
}
