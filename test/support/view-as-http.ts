import type { Exchange, HttpExchange } from "../../src/model/index.ts";

/** For tests that look at HTTP and at bytes in which nothing was recognised alike: what each side sent, as messages without heads. */
export function viewAsHttp(exchange: Exchange): HttpExchange {
  if (exchange.kind !== "opaque") return exchange as HttpExchange;
  const { client, server, ...rest } = exchange;
  const noHead = { headers: [], trailers: [], headBytes: 0 };
  return {
    ...rest,
    streamId: 0,
    ...(client && { request: { ...noHead, ...client } }),
    ...(server && { response: { ...noHead, ...server } }),
  } as unknown as HttpExchange;
}
