import { suggestName } from "../../../wire/text/suggest-name.ts";
import { ATTRIBUTES, isAttributeGroup, UNAVAILABLE } from "../attributes/table.ts";
import { FilterFault } from "../filter-error.ts";

/** The fault for a name that no attribute has. */
export function unknownName(
  name: string,
  { start, end }: { readonly start: number; readonly end: number },
  text: string,
): FilterFault {
  const reason = Object.hasOwn(UNAVAILABLE, name) ? UNAVAILABLE[name] : undefined;
  if (reason !== undefined) return new FilterFault(`${name} is not available here: ${reason}`, start, end);
  const meant = meantAttribute(name, text.slice(end));
  if (meant !== undefined) return new FilterFault(`there is no attribute ${name}`, start, end, meant);
  if (isAttributeGroup(name)) {
    const members = ATTRIBUTES.filter((attribute) => attribute.name.startsWith(`${name}.`));
    const some = members.slice(0, 4).map((attribute) => attribute.name);
    return new FilterFault(`${name} is a group of attributes`, start, end, `choose one: ${some.join(", ")}, …`);
  }
  const header = /(\w+\.(?:headers|trailers))\.([\w]+)\s*-\s*$/.exec(text.slice(0, start));
  if (header !== null)
    return new FilterFault(
      `${header[2]}-${name} has to be quoted`,
      header.index,
      end,
      `write ${header[1]}['${header[2]}-${name}']`,
    );
  const keyword = /(?:^|[\s(])((?:(?:src|dst)\s+)?host)\s+[^\s()]+\s+(?:and|or|&&|\|\|)\s*$/i.exec(
    text.slice(0, start),
  )?.[1];
  if (keyword !== undefined)
    return new FilterFault(`there is no attribute ${name}`, start, end, `write ${keyword} ${name}`);
  if (/^[A-Z]+$/.test(name))
    return new FilterFault(`${name} is no attribute`, start, end, `a text is quoted: '${name}'`);
  return new FilterFault(`there is no attribute ${name}`, start, end, suggestAttribute(name));
}

/**
 * The attribute that a name of other tools stands for, as a question.
 * @param after what stands behind it: `== 80`
 */
export function meantAttribute(name: string, after: string): string | undefined {
  const known = ELSEWHERE.get(name.toLowerCase());
  const number = /^\s*==\s*(\d+)/.exec(after)?.[1];
  if (known?.startsWith("port ") && number !== undefined) return `did you mean port ${number}?`;
  return known === undefined ? undefined : `did you mean ${known}?`;
}

function suggestAttribute(name: string): string {
  const near = suggestName(
    name,
    ATTRIBUTES.map((attribute) => attribute.name),
  );
  return near === undefined ? "docs/filter.md lists them" : `did you mean ${near}?`;
}

/** Names that other tools have, and the names here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["method", "request.method"],
  ["http.request.method", "request.method"],
  ["http.request", "request.method"],
  ["path", "request.url_path"],
  ["url", "request.path"],
  ["uri", "request.path"],
  ["request.url", "request.path"],
  ["request.uri", "request.path"],
  ["http.request.uri", "request.path"],
  ["http.request.uri.path", "request.url_path"],
  ["http.request.uri.query", "request.query"],
  ["http.request.full_uri", "request.path"],
  ["http.request.version", "request.protocol"],
  ["http.user_agent", "request.useragent"],
  ["http.referer", "request.referer"],
  ["http.cookie", "request.headers['cookie']"],
  ["http.content_type", "response.content_type"],
  ["http.file_data", "response.body"],
  ["status", "response.code"],
  ["code", "response.code"],
  ["response.status", "response.code"],
  ["response.status_code", "response.code"],
  ["http.response.code", "response.code"],
  ["http.response.status_code", "response.code"],
  ["http.status_code", "response.code"],
  ["http.response", "response.code"],
  ["authority", "request.host"],
  ["request.authority", "request.host"],
  ["http.host", "request.host"],
  ["headers", "request.headers"],
  ["body", "request.body"],
  ["request.body_size", "request.size"],
  ["response.body_size", "response.size"],
  ["request.user_agent", "request.useragent"],
  ["user_agent", "request.useragent"],
  ["response.time", "request.duration"],
  ["http.time", "duration"],
  ["latency", "duration"],
  ["frame.time", "time"],
  ["host", "host 10.0.0.1"],
  ["ip", "host 10.0.0.1"],
  ["ip.addr", "host 10.0.0.1"],
  ["ipv6.addr", "host ::1"],
  ["ip.src", "source.address"],
  ["ip.dst", "destination.address"],
  ["ipv6.src", "source.address"],
  ["ipv6.dst", "destination.address"],
  ["src", "source.address"],
  ["dst", "destination.address"],
  ["port", "port 8080"],
  ["tcp.port", "port 8080"],
  ["udp.port", "port 53"],
  ["tcp.srcport", "source.port"],
  ["tcp.dstport", "destination.port"],
  ["tls.handshake.extensions_server_name", "connection.requested_server_name"],
  ["sni", "connection.requested_server_name"],
  ["grpc.status", "response.grpc_status"],
  ["err", "error"],
  ["errors", "error"],
  ["failed", "error"],
  ["http2", "h2"],
]);
