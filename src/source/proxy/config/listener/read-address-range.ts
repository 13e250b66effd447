import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../../wire/config-document/index.ts";
import type { AddressRange } from "../../../dial/tls-config.ts";
import { canonicalIpAddress } from "../read-address.ts";

export const CIDR_RANGE = {
  name: "CidrRange",
  fields: ["address_prefix", "prefix_len"],
} as const satisfies MessageShape<string>;

/** Reads `CidrRange`. Throws TaplineError (`configuration`). */
export function readAddressRange(node: DocumentNode): AddressRange {
  const message = new MessageReader(node, CIDR_RANGE);
  const text = message.requiredString("address_prefix");
  const address = canonicalIpAddress(text);
  if (address === undefined) refuse(message.placeOf("address_prefix"), `malformed IP address: ${text}`);
  const most = address.includes(":") ? 128n : 32n;
  return { address, prefixLength: Number(message.integer("prefix_len", { most }) ?? 0n) };
}
