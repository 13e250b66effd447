import type { Socket } from "node:net";
import type { Timestamp } from "../../../model/index.ts";
import { readWallClock } from "../../wall-clock.ts";
import { StreamChannel } from "../channel/stream-channel.ts";
import type { TappedConnection } from "../tapped-connection.ts";
import type { ClientHello } from "../tls/client-hello.ts";
import type { TlsAcceptor } from "../tls/tls-acceptor.ts";
import type { ChainRuntime } from "./chain-runtime.ts";

/**
 * Does the TLS handshake with a client, says what it came to on the connection, and opens it.
 *
 * @param protocol what ALPN answers; undefined leaves it unanswered
 * @param started when the client began
 * @throws whatever made the handshake fail; it is counted, and the socket closed then
 */
export async function secureClient(
  listener: ChainRuntime,
  acceptor: TlsAcceptor,
  accepted: Socket,
  tapped: TappedConnection,
  hello: ClientHello | undefined,
  protocol: string | undefined,
  started: Timestamp,
): Promise<StreamChannel> {
  const { connection } = tapped;
  const secured = await acceptor.accept(accepted, connection, protocol, hello !== undefined).catch((error) => {
    listener.counter("ssl.connection_error").value++;
    throw error;
  });
  listener.counter("ssl.handshake").value++;
  connection.tls = {
    version: secured.getProtocol() ?? "",
    cipher: secured.getCipher().standardName,
    ...(hello?.serverName === undefined ? {} : { sni: hello.serverName }),
    ...(secured.alpnProtocol ? { alpn: secured.alpnProtocol } : {}),
    ...(hello === undefined ? {} : { alpnOffered: hello.alpnOffered }),
    started,
    finished: readWallClock(),
    decrypted: true,
  };
  const channel = new StreamChannel(secured);
  tapped.opened();
  return channel;
}

/**
 * Answers with the alert `no_application_protocol` (RFC 7301 §3.2).
 *
 * @param listed what the listener would take of it: none of it is offered
 * @throws what is to be said of it
 */
export async function refuseClient(
  listener: ChainRuntime,
  acceptor: TlsAcceptor,
  accepted: Socket,
  { connection }: TappedConnection,
  listed: readonly string[],
  cluster: string,
  offered: readonly string[],
): Promise<never> {
  listener.counter("ssl.connection_error").value++;
  await acceptor.accept(accepted, connection, listed[0], true).catch(() => {});
  throw new Error(`the client offers ${offered.join(", ")} (ALPN), and cluster ${cluster} speaks ${listed.join(", ")}`);
}
