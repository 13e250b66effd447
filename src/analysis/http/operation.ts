import { findApplication, type HttpExchange } from "../../model/index.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";

/** `GET /cart`, without the query; of gRPC `helloworld.Greeter/SayHello`; `-` for what is not known. */
export function httpOperation(exchange: HttpExchange): string {
  const { method = "-", target } = exchange.request ?? {};
  const path = target === undefined ? "-" : withoutQuery(octetsToText(target));
  if (path.length > 1 && path.startsWith("/") && findApplication(exchange, "grpc") !== undefined) return path.slice(1);
  return `${method} ${path}`;
}

function withoutQuery(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}
