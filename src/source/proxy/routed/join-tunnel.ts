import type { Duplex } from "node:stream";

/**
 * Carries bytes between a client and an endpoint until both have ended, or one has broken off.
 *
 * @param first what has come from the endpoint already
 * @param moved called whenever bytes pass
 */
export function joinTunnel(client: Duplex, endpoint: Duplex, first: Buffer, moved: () => void): void {
  if (first.length > 0) client.write(first);
  client.pipe(endpoint).pipe(client);
  client.on("data", moved);
  endpoint.on("data", moved);
  endpoint
    .on("error", () => {})
    .on("close", () => {
      // A slow client is given what the endpoint has sent to its end.
      if (endpoint.readableEnded && !client.writableFinished) client.once("finish", () => client.destroy());
      else client.destroy();
    });
  client.on("close", () => endpoint.destroy());
}
