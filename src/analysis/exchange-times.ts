import type { Connection, ExchangeTimes } from "../model/index.ts";

/** Times of how the connection was made, on its first exchange: the transport's and TLS's handshakes. */
export function transportTimes(connection: Connection): ExchangeTimes {
  const { dialled, opened, tls } = connection;
  return {
    ...(dialled && { connectStart: dialled }),
    ...(opened && { connectEnd: opened }),
    ...(tls?.started && { tlsStart: tls.started }),
    ...(tls?.finished && { tlsEnd: tls.finished }),
  };
}
