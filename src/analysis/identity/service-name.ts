import { type Connection, clientOf, formatEndpoint, type ProcessFacts, serverOf } from "../../model/index.ts";
import { TextMemo } from "../../wire/text/text-memo.ts";
import type { NameEvidence } from "./name-evidence.ts";

/** A name of one end of an exchange, and the evidence that it rests on. */
export interface ServiceName {
  readonly name: string;
  readonly source: NameSource;
}

/** From the best evidence to the least. */
export const NAME_SOURCES = ["process", "telemetry", "cluster", "listener", "sni", "host", "address"] as const;
export type NameSource = (typeof NAME_SOURCES)[number];

/**
 * Who answered, by the best evidence there is: the pod or the process of the tapped end, how it calls itself where that was reported,
 * the proxy's cluster or listener, the name that the TLS handshake or the request asked for, the address and port.
 */
export function nameService(connection: Connection, evidence: NameEvidence): ServiceName | undefined {
  return (
    named("process", connection.role === "server" ? processName(connection.process) : undefined) ??
    named("telemetry", endName(connection, "server")) ??
    named("cluster", clusterName(connection)) ??
    named("listener", connection.seenAt === "listener" ? connection.source : undefined) ??
    named("sni", connection.tls?.sni) ??
    named("host", evidence.host === undefined ? undefined : HOST_NAMES.get(evidence.host)) ??
    named("address", serverOf(connection) && formatEndpoint(serverOf(connection)))
  );
}

/** Who asked. Of an address the port is left out: a client takes another one for each connection. */
export function namePeer(connection: Connection, evidence: NameEvidence): ServiceName | undefined {
  const client = clientOf(connection);
  return (
    named("process", connection.role === "client" ? processName(connection.process) : undefined) ??
    named("telemetry", endName(connection, "client") ?? evidence.peerService) ??
    named("address", client?.kind === "ip" ? client.address : client?.path)
  );
}

function named(source: NameSource, name: string | undefined): ServiceName | undefined {
  return name === undefined || name === "" ? undefined : { name, source };
}

function processName(process: ProcessFacts | undefined): string | undefined {
  return process?.pod ?? process?.command;
}

/** How the end of that role calls itself. */
function endName({ named, role }: Connection, wanted: "server" | "client"): string | undefined {
  if (role === "unknown") return undefined;
  return role === wanted ? named?.local : named?.remote;
}

/** The cluster that the proxy forwards to, or whose connection it is. */
function clusterName({ seenAt, source, forwardedOn }: Connection): string | undefined {
  if (seenAt === "cluster") return source;
  return forwardedOn?.seenAt === "cluster" ? forwardedOn.source : undefined;
}

/**
 * Without the port, and without the user that an absolute target may name before it (RFC 3986 §3.2.1); an address is no name (an empty
 * one). There are few, and many requests.
 */
const HOST_NAMES = new TextMemo(256, (host) => {
  const name = host
    .slice(host.lastIndexOf("@") + 1)
    .replace(/:\d*$/, "")
    .toLowerCase();
  return /^(?:[\d.]+|\[.*\])$/.test(name) ? "" : name;
});
