import type { Socket } from "node:net";
import { type Endpoint, TaplineError } from "../../../model/index.ts";
import { parseProxyHeader } from "../../../wire/proxy-protocol/parse-proxy-header.ts";
import type { InspectionConfig, ProxyProtocolInspection } from "../config/config.ts";
import { tellHttp } from "../local-reply/tell-http.ts";
import { type ClientHello, parseClientHello } from "../tls/client-hello.ts";
import { peekBytes } from "./peek-bytes.ts";

/** Shown by a connection's first bytes. */
export interface Inspected {
  /** Bytes were read, and put back: the socket is to be read as a stream. */
  readonly isRead: boolean;
  /** Its ends by the PROXY protocol. */
  readonly ends?: { readonly remote: Endpoint; readonly local: Endpoint };
  /** Bytes of the PROXY protocol's header, which are taken off. */
  readonly headerBytes: number;
  readonly hello?: ClientHello;
  readonly isTls: boolean;
  /** As ALPN offers them, or the HTTP that was found. */
  readonly applicationProtocols: readonly string[];
}

export const NOT_INSPECTED: Inspected = { isRead: false, headerBytes: 0, isTls: false, applicationProtocols: [] };

/**
 * Runs the listener filters on a paused socket.
 *
 * @throws TaplineError (`connection`) where the connection is to be closed
 */
export async function inspectConnection(socket: Socket, config: InspectionConfig): Promise<Inspected> {
  if (!config.tls && !config.http && config.proxyProtocol === undefined) return NOT_INSPECTED;
  socket.on("error", () => {});
  const deadline = config.timeoutMillis === 0 ? undefined : performance.now() + config.timeoutMillis;
  const left = () => (deadline === undefined ? 0 : Math.max(1, deadline - performance.now()));
  const header = config.proxyProtocol && (await takeHeader(socket, config.proxyProtocol, left()));
  const found =
    config.tls || config.http ? await look(socket, config, left()) : { isTls: false, applicationProtocols: [] };
  return { isRead: true, headerBytes: 0, ...header, ...found };
}

type Header = Pick<Inspected, "headerBytes" | "ends">;

async function takeHeader(socket: Socket, config: ProxyProtocolInspection, timeoutMillis: number): Promise<Header> {
  let header: ReturnType<typeof parseProxyHeader> = "more";
  const outcome = await peekBytes(socket, timeoutMillis, (seen) => {
    header = parseProxyHeader(seen);
    return header !== "more";
  });
  const found = header as ReturnType<typeof parseProxyHeader>;
  if (outcome === "seen" && typeof found === "object") {
    if (!config.versions.includes(found.version))
      throw new TaplineError("connection", `the PROXY protocol's version ${found.version} is disallowed`);
    socket.read(found.length);
    const { source, destination } = found.ends ?? {};
    return {
      headerBytes: found.length,
      ...(source &&
        destination && { ends: { remote: { kind: "ip", ...source }, local: { kind: "ip", ...destination } } }),
    };
  }
  if (config.optional && found === "none") return { headerBytes: 0 };
  throw new TaplineError(
    "connection",
    `no header of the PROXY protocol came (${outcome === "seen" ? found : outcome})`,
  );
}

type Found = Pick<Inspected, "hello" | "isTls" | "applicationProtocols">;

async function look(socket: Socket, config: InspectionConfig, timeoutMillis: number): Promise<Found> {
  let hello: ReturnType<typeof parseClientHello> = "incomplete";
  let http: ReturnType<typeof tellHttp>;
  const outcome = await peekBytes(socket, timeoutMillis, (seen) => {
    hello = parseClientHello(seen);
    if (hello === "invalid" && config.http) http = tellHttp(seen);
    return hello !== "incomplete" && (hello !== "invalid" || !config.http || http !== undefined);
  });
  if (outcome === "timeout" && !config.continuesOnTimeout)
    throw new TaplineError("connection", `the client said nothing for ${config.timeoutMillis} ms`);
  const found = hello as ReturnType<typeof parseClientHello>;
  if (typeof found === "object") return { hello: found, isTls: true, applicationProtocols: found.alpnOffered };
  return { isTls: false, applicationProtocols: http === undefined ? [] : [http === "h2" ? "h2c" : http] };
}
