import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../wire/config-document/index.ts";
import { parseIpAddress } from "../../wire/packet/ip-address.ts";
import type { UdpDestination } from "./tap-config.ts";

const CUSTOM_SINK = {
  name: "TypedExtensionConfig",
  fields: ["name", "typed_config"],
} as const satisfies MessageShape<string>;

const UDP_SINK = { name: "UdpSink", fields: ["udp_address"] } as const satisfies MessageShape<string>;

const SOCKET_ADDRESS = {
  name: "SocketAddress",
  fields: ["protocol", "address", "port_value"],
  withoutEffect: { ipv4_compat: ["it is about sockets that listen", true] },
  unsupported: { named_port: "use port_value", resolver_name: "", network_namespace_filepath: "" },
} as const satisfies MessageShape<string>;

const UDP_SINK_TYPE = "envoy.extensions.tap_sinks.udp_sink.v3alpha.UdpSink";
const UDP_SINK_NAME = "envoy.tap_sinks.udp_sink";

/** Reads `custom_sink`: an extension of Envoy's, of which there is one here. Throws TaplineError (`configuration`). */
export function readCustomSink(node: DocumentNode): UdpDestination {
  const message = new MessageReader(node, CUSTOM_SINK);
  const name = message.requiredString("name");
  const typed = message.node("typed_config");
  if (typed === undefined && name === UDP_SINK_NAME)
    refuse(node.place, "TypedExtensionConfig: typed_config is missing");
  const { type, config } = typed === undefined ? { type: "", config: node } : splitType(typed);
  if (type !== UDP_SINK_TYPE)
    refuse(
      message.placeOf("name"),
      `Didn't find a registered implementation for '${name}' with type URL: '${type}'`,
      `the custom sink that there is: ${UDP_SINK_NAME} (${UDP_SINK_TYPE})`,
    );
  return { kind: "udp", address: readUdpAddress(new MessageReader(config, UDP_SINK).requiredNode("udp_address")) };
}

/** Takes the `@type` out of a `typed_config`: what follows its last `/`. */
function splitType(node: DocumentNode): { type: string; config: DocumentNode } {
  if (node.kind !== "mapping") refuse(node.place, "typed_config: expected a mapping with an @type");
  const entry = node.entries.find(({ key }) => key === "@type");
  if (entry === undefined) refuse(node.place, 'typed_config: "@type" is missing');
  const type = readString(entry.value, "@type");
  const entries = node.entries.filter((other) => other !== entry);
  return { type: type.slice(type.lastIndexOf("/") + 1), config: { ...node, entries } };
}

function readUdpAddress(node: DocumentNode): UdpDestination["address"] {
  const message = new MessageReader(node, SOCKET_ADDRESS);
  const protocol = message.enumeration("protocol", { 0: "TCP", 1: "UDP" } as const) ?? "TCP";
  if (protocol !== "UDP")
    refuse(message.placeOf("protocol"), `udp_address: the protocol is ${protocol}`, "add protocol: UDP");
  const address = message.requiredString("address");
  if (parseIpAddress(address) === undefined)
    refuse(
      message.placeOf("address"),
      `udp_address: malformed IP address: ${address}`,
      "expected an IPv4 or IPv6 address",
    );
  const port = message.integer("port_value", { most: 65_535n });
  if (port === undefined || port === 0n)
    refuse(message.placeOf("port_value"), "udp_address: expected a port_value above 0");
  return { kind: "ip", address, port: Number(port) };
}
