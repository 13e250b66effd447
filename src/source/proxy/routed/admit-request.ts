import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { Connection } from "../../../model/index.ts";
import { compileNetwork } from "../../../wire/packet/ip-network.ts";
import type { AddressRange } from "../../dial/tls-config.ts";
import { isLoopback } from "../../loopback.ts";
import type { HttpSettings } from "../config/http/http-settings.ts";
import type { NodeConfig } from "../config/node-config.ts";
import { STEERING_HEADERS } from "../config/routes/steering-headers.ts";
import type { DownstreamStream } from "./client/downstream.ts";
import { CONNECT, isGrpc } from "./find-route.ts";
import { addressOf } from "./headers/edit-headers.ts";
import {
  appendValue,
  connectionOptions,
  type HeaderList,
  headerValue,
  joinRepeated,
  removeAll,
  removeHeaders,
  removeHopByHop,
  setHeader,
} from "./headers/header-list.ts";
import { JOINED_IN_REQUESTS } from "./headers/joined-headers.ts";
import { normalizePath } from "./headers/normalize-path.ts";
import type { LocalAnswer } from "./local-answer.ts";

/** A request as it is routed: Envoy's connection manager has been over its headers. */
export interface AdmittedRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: HeaderList;
  /** Where the client is, by what trusted proxies before this one say; absent: where it connected from. */
  readonly client?: string;
  /** The protocol that it asks to be upgraded to, in lower case; `connect` for a tunnel. */
  readonly upgrade: string | undefined;
}

/** Believed from inside alone. */
const INTERNAL_ONLY: ReadonlySet<string> = new Set(["x-envoy-force-trace", "x-envoy-ip-tags", "x-envoy-original-url"]);
/** More of what `connection` names, Envoy takes for an attack; so of these, which would say another client. */
const MAX_OPTIONS = 9;
const NEVER_OPTIONS: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);
/** Told by proxies before this one, of which there is none where the client's own address is the socket's. */
const TOLD_BY_PROXIES: ReadonlySet<string> = new Set([
  "x-envoy-decorator-operation",
  "x-envoy-downstream-service-cluster",
  "x-envoy-downstream-service-node",
  "x-envoy-original-path",
  "x-envoy-original-host",
]);

/**
 * Checks a request and makes its headers ready, as Envoy's `ConnectionManagerUtility::mutateRequestHeaders` does.
 *
 * @param upgrade the protocol of `upgrade`, where the request asks for one; `connect` for a tunnel
 */
export function admitRequest(
  stream: DownstreamStream,
  upgrade: string | undefined,
  connection: Connection,
  settings: HttpSettings,
): AdmittedRequest | LocalAnswer {
  const headers: HeaderList = [...stream.headers];
  joinRepeated(headers, JOINED_IN_REQUESTS);
  let { authority } = stream;
  // Headers that an upgrade's names go on with it.
  const options = upgrade === undefined ? connectionOptions(headers) : [];
  if (options.length > MAX_OPTIONS || options.some((name) => name.startsWith(":") || NEVER_OPTIONS.has(name)))
    return { status: 400, text: "Bad Request", isUnread: true };
  if (options.includes("host")) authority = undefined;
  if (authority === undefined) {
    if (stream.version !== "HTTP/1.0" || settings.defaultHost === "") return { status: 400 };
    authority = settings.defaultHost;
  }
  // A header `host` may be empty (RFC 9112 §3.2).
  if (!/^[\x21\x24-\x2e\x30-\x3e\x40-\x5b\x5d-\x7e]*$/.test(authority))
    return { status: 400, text: "Bad Request", isUnread: true };
  if (stream.path.includes("#")) return { status: 400 };
  // Node's client would send it in capitals, which is another one (RFC 9110 §9.1).
  if (/[a-z]/.test(stream.method)) return { status: 400 };
  const isTunnel = stream.method === CONNECT && stream.path === "";
  // `OPTIONS *` has no path that a route could match; no other method may ask for that (RFC 9112 §3.2.4).
  if (!isTunnel && !stream.path.startsWith("/")) {
    const isWrong = stream.version !== "HTTP/2" && stream.method !== "OPTIONS";
    return isWrong ? { status: 400, text: "Bad Request", isUnread: true } : { status: 404 };
  }
  if (settings.underscores !== "ALLOW") {
    const underscored = headers.filter(([name]) => name.includes("_"));
    if (underscored.length > 0 && settings.underscores === "REJECT_REQUEST")
      return { status: 400, text: "Bad Request", isUnread: true };
    removeHeaders(headers, ...underscored.map(([name]) => name));
  }
  const path = isTunnel ? "" : normalizePath(stream.path, settings);
  // gRPC's clients do not follow redirects.
  if (typeof path === "object" && path.status === 307 && isGrpc(headers)) return { ...path, status: 400, headers: [] };
  if (typeof path === "object") return path;
  // A client of HTTP/2 may call it otherwise.
  const given = settings.forcedScheme ?? (connection.tls === undefined ? "http" : "https");
  removeHopByHop(headers);
  if (upgrade !== undefined && !isTunnel) headers.push(["connection", "upgrade"], ["upgrade", upgrade]);
  keepTrailersOnly(headers);
  const client = findClient(headers, settings);
  tellClient(headers, connection, given, settings);
  const scheme = settings.forcedScheme ?? findScheme(stream.scheme, headers, given);
  return {
    method: stream.method,
    scheme,
    authority: stripHost(authority, connection, settings),
    path,
    headers,
    ...(client !== undefined && { client }),
    upgrade: upgrade?.toLowerCase(),
  };
}

/** The request says it, else the proxy before this one. */
function findScheme(named: string | undefined, headers: HeaderList, given: string): string {
  const told = headerValue(headers, "x-forwarded-proto");
  return [named, told].find((scheme) => scheme === "http" || scheme === "https") ?? given;
}

/** The one that trusted proxies tell of: with `use_remote_address` the last of them is this proxy's own client. */
function findClient(headers: HeaderList, { usesRemoteAddress, trustedHops }: HttpSettings): string | undefined {
  if (usesRemoteAddress) return trustedHops === 0 ? undefined : listForwarded(headers).at(-trustedHops);
  return listForwarded(headers).at(-1 - trustedHops);
}

/** Only `trailers` of `te` may be forwarded (RFC 9113 §8.2.2). */
function keepTrailersOnly(headers: HeaderList): void {
  const te = headerValue(headers, "te");
  if (te === undefined) return;
  removeHeaders(headers, "te");
  if (te.split(",").some((value) => value.trim().toLowerCase() === "trailers")) headers.push(["te", "trailers"]);
}

function tellClient(headers: HeaderList, connection: Connection, scheme: string, settings: HttpSettings): void {
  const remote = addressOf(connection.remote) ?? "";
  const isSecure = connection.tls !== undefined;
  const { usesRemoteAddress, trustedHops } = settings;
  const client = trustedHops === 0 ? remote : (listForwarded(headers).at(-trustedHops) ?? remote);
  const isInternal = isInternalClient(headers, connection, settings);
  const isEdge = usesRemoteAddress && !isInternal;
  removeAll(
    headers,
    (name) =>
      name.startsWith("x-envoy-") &&
      // The clients' own are not obeyed, and not forwarded either.
      (name === "x-envoy-internal" ||
        STEERING_HEADERS.has(name) ||
        (!isInternal && INTERNAL_ONLY.has(name)) ||
        (isEdge && TOLD_BY_PROXIES.has(name))),
  );
  if (!settings.keepsExpectedTimeout) removeHeaders(headers, "x-envoy-expected-rq-timeout-ms");
  if (usesRemoteAddress) {
    if (!settings.skipsForwardedFor && remote !== "")
      appendValue(headers, "x-forwarded-for", isLoopback(remote) ? ownAddress() : remote);
    if (trustedHops === 0) setHeader(headers, "x-forwarded-proto", isSecure ? "https" : "http");
  }
  // Whoever else has told of one.
  if (settings.forcedScheme !== undefined) setHeader(headers, "x-forwarded-proto", settings.forcedScheme);
  if (headerValue(headers, "x-forwarded-proto") === undefined) headers.push(["x-forwarded-proto", scheme]);
  if (settings.appendsForwardedPort && headerValue(headers, "x-forwarded-port") === undefined) {
    const { local } = connection;
    if (local?.kind === "ip") headers.push(["x-forwarded-port", String(local.port)]);
  }
  if (settings.tells !== undefined) tellNode(headers, settings.tells);
  if (isInternal) headers.push(["x-envoy-internal", "true"]);
  else if (usesRemoteAddress) {
    removeHeaders(headers, "x-envoy-external-address");
    if (client !== "") headers.push(["x-envoy-external-address", client]);
  }
  if (settings.via !== "") appendValue(headers, "via", settings.via, ", ");
  if (settings.clientCertificate === "SANITIZE" || (settings.clientCertificate === "FORWARD_ONLY" && !isSecure))
    removeHeaders(headers, "x-forwarded-client-cert");
  if (
    settings.generatesRequestId &&
    (headerValue(headers, "x-request-id") === undefined || (isEdge && !settings.preservesRequestId))
  )
    setHeader(headers, "x-request-id", randomUUID());
}

/** `add_user_agent`. */
function tellNode(headers: HeaderList, { id, cluster }: NodeConfig): void {
  setHeader(headers, "x-envoy-downstream-service-cluster", cluster);
  if (!headerValue(headers, "user-agent")) {
    removeHeaders(headers, "user-agent");
    headers.push(["user-agent", cluster]);
  }
  if (id !== "") setHeader(headers, "x-envoy-downstream-service-node", id);
}

function listForwarded(headers: HeaderList): readonly string[] {
  if (headerValue(headers, "x-forwarded-for") === undefined) return [];
  const all: string[] = [];
  for (const [name, value] of headers)
    if (name === "x-forwarded-for") for (const address of value.split(",")) all.push(address.trim());
  return all;
}

/** In place of a client on this machine Envoy names the machine: its first address that others reach. */
function ownAddress(): string {
  own ??=
    Object.values(networkInterfaces())
      .flatMap((entries = []) => entries)
      .find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
  return own;
}

let own: string | undefined;

function isInternalClient(headers: HeaderList, { remote }: Connection, settings: HttpSettings): boolean {
  const { usesRemoteAddress, internalRanges, internalUnixSockets } = settings;
  if (usesRemoteAddress && headerValue(headers, "x-forwarded-for") !== undefined) return false;
  if (remote?.kind === "pipe") return internalUnixSockets;
  const forwarded = listForwarded(headers);
  const address = usesRemoteAddress ? addressOf(remote) : forwarded.length === 1 ? forwarded[0] : undefined;
  return address !== undefined && internalRanges.some((range) => networkOf(range)(address));
}

function networkOf(range: AddressRange): (address: string) => boolean {
  let network = networks.get(range);
  if (network === undefined) {
    network = compileNetwork(`${range.address}/${range.prefixLength}`);
    networks.set(range, network);
  }
  return network;
}

const networks = new WeakMap<AddressRange, (address: string) => boolean>();

function stripHost(authority: string, { local }: Connection, { stripsPort, stripsHostDot }: HttpSettings): string {
  if (stripsPort === "none" && !stripsHostDot) return authority;
  let [, host = authority, port = ""] = /^(.*?)(:\d+)?$/.exec(authority) ?? [];
  if (stripsPort === "any" || (stripsPort === "matching" && local?.kind === "ip" && port === `:${local.port}`))
    port = "";
  if (stripsHostDot && host.endsWith(".")) host = host.slice(0, -1);
  return host + port;
}
