import type { IpEndpoint, TunnelFacts } from "../../model/index.ts";
import { type DecodedPacket, formatIpAddress } from "../../wire/packet/index.ts";
import type { ConnectionKey } from "./connection-table.ts";

/** For a connection joined in the middle, the end with the lower port is taken for the server. */
export function isHighLocal(key: ConnectionKey, sender: 0 | 1): boolean {
  return key.highPort === key.lowPort ? sender === 0 : key.highPort < key.lowPort;
}

/** The end at that address of the packet. */
export function endpointOf(packet: DecodedPacket, address: number, port: number): IpEndpoint {
  return { kind: "ip", address: formatIpAddress(packet.addressBytes, address, packet.addressSize), port };
}

/** The tunnels that the packet came through. */
export function describeTunnel(packet: DecodedPacket, type: string): TunnelFacts {
  const { tunnelId, outerBytes, outerSource, outerDestination, outerSize } = packet;
  return {
    type,
    ...(tunnelId < 0 ? {} : { id: tunnelId }),
    ...(outerSize === 0
      ? {}
      : {
          source: formatIpAddress(outerBytes, outerSource, outerSize),
          destination: formatIpAddress(outerBytes, outerDestination, outerSize),
        }),
  };
}
