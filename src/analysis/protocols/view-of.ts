import { type Connection, clientOf, type Exchange, formatEndpoint, serverOf } from "../../model/index.ts";
import type { RequestView, Standpoint } from "../identity/request-view.ts";
import { type ExchangeFacts, factsOf } from "./exchange-facts.ts";

/**
 * The view of the request that an exchange is: `RequestJoiner` joins it to those that other places have.
 * @param observer who saw it, where that is not told by its connection: the name of an agent or of a file
 * @param translated further 5-tuples that its connection is known by (a service's address and its pod's), as `conversationOf` writes them
 * @param facts where they are known already
 */
export function viewOf(
  exchange: Exchange,
  observer = "",
  translated: readonly string[] = [],
  { evidence: { traceId, requestId }, service, operation }: ExchangeFacts = factsOf(exchange),
): RequestView {
  const { connection, times, index } = exchange;
  return {
    place: [observer, connection.source, connection.seenAt ?? connection.role].join(" "),
    standpoint: standpointOf(connection),
    operation,
    traceId: traceId === requestId ? undefined : traceId,
    requestId,
    service: service?.source === "process" ? service.name : undefined,
    conversations: [...conversationsOf(connection), ...translated],
    position: connection.opened === undefined ? undefined : index,
    started: times.requestStart ?? times.responseStart,
  };
}

/** A 5-tuple, the same from both ends: `tcp 10.0.0.1:1234 10.0.0.2:80`; undefined where an end is not known. */
export function conversationOf(connection: Connection): string | undefined {
  const ends = [clientOf(connection), serverOf(connection)];
  if (ends.includes(undefined)) return undefined;
  return [connection.transport, ...ends.map(formatEndpoint).sort()].join(" ");
}

function conversationsOf(connection: Connection): string[] {
  const all = [conversationOf(connection), connection.forwardedOn && conversationOf(connection.forwardedOn)];
  return all.filter((one) => one !== undefined);
}

function standpointOf({ process, named, role, seenAt }: Connection): Standpoint {
  // An end that reports of itself has seen it.
  if ((process !== undefined || named?.local !== undefined) && role !== "unknown") return role;
  return seenAt === undefined ? "wire" : "proxy";
}
