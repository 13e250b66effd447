import type { Endpoint, IpEndpoint } from "../../../model/index.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import { formatIpAddress, parseIpAddress } from "../../../wire/packet/ip-address.ts";

const ADDRESS = {
  name: "Address",
  fields: ["socket_address", "pipe"],
  unsupported: { envoy_internal_address: "use socket_address or pipe" },
} as const satisfies MessageShape<string>;

const SOCKET_ADDRESS = {
  name: "SocketAddress",
  fields: ["protocol", "address", "port_value"],
  withoutEffect: { ipv4_compat: ["sockets of IPv6, which take IPv4 clients of `::` in any case", true] },
  unsupported: {
    named_port: "use port_value",
    resolver_name: "name the cluster's type STRICT_DNS or LOGICAL_DNS to resolve names",
    network_namespace_filepath: "start the process in that network namespace",
  },
} as const satisfies MessageShape<string>;

const PIPE = { name: "Pipe", fields: ["path", "mode"] } as const satisfies MessageShape<string>;

export interface ConfiguredAddress {
  readonly endpoint: Endpoint;
  /** Permissions of a pipe's file. */
  readonly pipeMode?: number;
}

/**
 * Reads `envoy.config.core.v3.Address`. An abstract socket is a path that begins with `@`.
 *
 * @param hosts whether a host name may stand for an address
 */
export function readAddress(node: DocumentNode, hosts: "names-allowed" | "addresses-only"): ConfiguredAddress {
  const message = new MessageReader(node, ADDRESS);
  const form = message.requiredOneOf("socket_address", "pipe");
  const value = message.requiredNode(form);
  return form === "pipe" ? readPipe(value) : { endpoint: readSocketAddress(value, hosts) };
}

/** An IP address in its canonical text form, without a zone; undefined when the text is none. */
export function canonicalIpAddress(text: string): string | undefined {
  const bytes = parseIpAddress(text.includes(":") ? text.replace(/%.*$/, "") : text);
  return bytes && formatIpAddress(bytes, 0, bytes.length as 4 | 16);
}

/** Reads `envoy.config.core.v3.SocketAddress`. */
export function readSocketAddress(node: DocumentNode, hosts: "names-allowed" | "addresses-only"): IpEndpoint {
  const message = new MessageReader(node, SOCKET_ADDRESS);
  if (message.enumeration("protocol", { 0: "TCP", 1: "UDP" } as const) === "UDP")
    refuse(message.placeOf("protocol"), "protocol UDP is not supported", "expected TCP");
  const text = message.requiredString("address");
  const address = canonicalIpAddress(text);
  if (address === undefined && hosts === "addresses-only")
    refuse(
      message.placeOf("address"),
      `malformed IP address: ${text}`,
      "for a host name, give a cluster the type STRICT_DNS or LOGICAL_DNS",
    );
  const port = message.integer("port_value", { most: 65_535n });
  if (port === undefined) refuse(message.place, "SocketAddress: port_value is missing");
  return { kind: "ip", address: address ?? text, port: Number(port) };
}

function readPipe(node: DocumentNode): ConfiguredAddress {
  const message = new MessageReader(node, PIPE);
  const path = message.requiredString("path");
  const longest = 107;
  if (new TextEncoder().encode(path).length > longest)
    refuse(message.placeOf("path"), `path exceeds the ${longest} bytes that a Unix socket's name may have`);
  const mode = message.integer("mode", { most: 0o777n });
  return { endpoint: { kind: "pipe", path }, ...(mode === undefined ? {} : { pipeMode: Number(mode) }) };
}
