import { readFileSync } from "node:fs";

/** The kernel's number and the MTU of an interface; 0 where they are not known. */
export function readInterface(name: string): { readonly index: number; readonly mtu: number } {
  return { index: readNumber(name, "ifindex"), mtu: readNumber(name, "mtu") };
}

function readNumber(name: string, what: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/${what}`, "utf8"));
  } catch {
    return 0;
  }
}
