import {
  type Body,
  type Connection,
  type Endpoint,
  type ExchangeTimes,
  formatTimestamp,
  type Header,
  isKnownTime,
  type Timestamp,
} from "../../model/index.ts";
import { encodeContent } from "../text/content-text.ts";

/** The version of the documents, which every one of them carries. It changes when a field changes its meaning. */
export const DOCUMENT_VERSION = 1;

/** One line, with its line feed. */
export function documentLine(document: object): string {
  return `${JSON.stringify(document)}\n`;
}

export function connectionDocument(connection: Connection): object {
  const { id, transport, role, local, remote, dialled, opened, closed, tls, process, tunnel, source, seenAt } =
    connection;
  const { namespace, named, forwardedOn } = connection;
  return {
    id: String(id),
    transport,
    role,
    local: endpointDocument(local),
    remote: endpointDocument(remote),
    dialled: time(dialled),
    opened: time(opened),
    closed: time(closed),
    tls: tls && { ...tls, started: time(tls.started), finished: time(tls.finished) },
    process,
    namespace,
    tunnel,
    source,
    seenAt,
    named,
    forwardedOn: forwardedOn && connectionDocument(forwardedOn),
  };
}

export function endpointDocument(endpoint: Endpoint | undefined): object | undefined {
  if (endpoint === undefined) return undefined;
  return endpoint.kind === "ip" ? { address: endpoint.address, port: endpoint.port } : { path: endpoint.path };
}

export function time(moment: Timestamp | undefined): string | undefined {
  return moment !== undefined && isKnownTime(moment) ? formatTimestamp(moment) : undefined;
}

export function headerDocument({ name, value, sensitive }: Header): object {
  return { name: name ?? null, value: value ?? null, sensitive };
}

/** Its bytes as `text` where they are UTF-8, as `base64` where not. */
export function bodyDocument({ bytes, size, truncated, complete, decodedFrom }: Body): object {
  return { size, truncated, complete, decodedFrom, ...encodeContent(bytes) };
}

export function timesDocument(times: ExchangeTimes): object {
  const document: Record<string, string | undefined> = {};
  for (const name of Object.keys(times) as (keyof ExchangeTimes)[]) document[name] = time(times[name]);
  return document;
}
