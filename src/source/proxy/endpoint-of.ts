import type { Socket } from "node:net";
import type { Endpoint } from "../../model/index.ts";

/** The near end of a connected socket. @param path the socket's file, where it is a Unix socket */
export function localEndpoint(socket: Socket, path?: string): Endpoint | undefined {
  if (path !== undefined) return { kind: "pipe", path };
  return ipEndpoint(socket.localAddress, socket.localPort);
}

/** The far end. @param path the socket's file, where it is a Unix socket; a client's end of one has none */
export function remoteEndpoint(socket: Socket, path?: string): Endpoint | undefined {
  if (path !== undefined) return { kind: "pipe", path };
  return ipEndpoint(socket.remoteAddress, socket.remotePort);
}

/** An IPv4 address that came in on an IPv6 socket (`::ffff:10.0.0.1`) is an IPv4 address; zone ids are cut off. */
function ipEndpoint(address: string | undefined, port: number | undefined): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  const plain = address.replace(/%.*$/, "");
  return { kind: "ip", address: plain.startsWith("::ffff:") && plain.includes(".") ? plain.slice(7) : plain, port };
}
