import { HTTP_PROTOCOLS } from "../../dial/cluster-config.ts";

/**
 * Chooses the protocols to offer an upstream server, so that whichever it picks can be handed to the client.
 *
 * Without a `client` hello (the downstream side is not TLS, or negotiates nothing) that is what the cluster is configured
 * with, as in Envoy. Otherwise: what the client offers, of that what the listener allows, of that what the cluster is
 * configured with (where it is), in the listener's order of preference. A client that offers nothing cannot speak HTTP/2
 * (RFC 9113 §3.3): its upstream is offered the rest of what the cluster is configured with.
 *
 * @param spoken the HTTP that the cluster is said to speak: the offers keep to it where the client can; where it cannot, the server decides
 */
export function chooseUpstreamOffers(
  client: readonly string[] | undefined,
  listener: readonly string[],
  cluster: readonly string[],
  spoken?: readonly string[],
): readonly string[] {
  if (client === undefined) return cluster;
  if (client.length === 0) return cluster.filter((protocol) => protocol !== "h2");
  const offers = listener.filter(
    (protocol) => client.includes(protocol) && (cluster.length === 0 || cluster.includes(protocol)),
  );
  const meant = spoken === undefined ? [] : offers.filter((protocol) => spoken.includes(protocol));
  return meant.length > 0 ? meant : offers;
}

/** A listener's protocols without the HTTP that its cluster does not speak; `spoken` is undefined where nothing is known. */
export function restrictToCluster(
  listener: readonly string[],
  spoken: readonly string[] | undefined,
): readonly string[] {
  if (spoken === undefined) return listener;
  const foreign: readonly string[] = HTTP_PROTOCOLS.filter((protocol) => !spoken.includes(protocol));
  return listener.filter((protocol) => !foreign.includes(protocol));
}

/**
 * Chooses the client's protocol once the upstream server has picked: the same. A server that knows no ALPN speaks what it
 * always spoke, which a client understands as HTTP/1.1 where it offered that.
 *
 * @returns undefined for no protocol: the handshake says nothing of one, as Envoy does when nothing fits
 */
export function chooseDownstreamProtocol(
  client: readonly string[],
  listener: readonly string[],
  upstream: string | undefined,
): string | undefined {
  const allowed = listener.filter((protocol) => client.includes(protocol));
  if (upstream !== undefined) return allowed.includes(upstream) ? upstream : undefined;
  return allowed.includes("http/1.1") ? "http/1.1" : undefined;
}

/** Chooses the client's protocol where only the downstream side is TLS: the listener's most wanted of what it offers. */
export function choosePreferredProtocol(client: readonly string[], listener: readonly string[]): string | undefined {
  return listener.find((protocol) => client.includes(protocol));
}
