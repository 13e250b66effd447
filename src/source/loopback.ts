import { readIpAddress, unmapIpAddress } from "../wire/packet/ip-address.ts";

/** Whether this is an IP address of the loopback interface; false for names. */
export function isLoopback(address: string): boolean {
  const read = readIpAddress(address);
  return read !== undefined && unmapIpAddress(read).range() === "loopback";
}
