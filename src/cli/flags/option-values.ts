import { InvalidArgumentError } from "commander";
import type { IpEndpoint } from "../../model/index.ts";

/** For an option that may be repeated: what was given so far, and this. Its default is `[]`. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** For a flag that says more the more often it is given (`-vv`). Its default is 0. */
export function countFlag(_value: string, before: number): number {
  return before + 1;
}

/** A whole number from 1 to 999 999 999. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1 on.");
}

/** Seconds, 0 and fractions included. */
export function parseSeconds(text: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected seconds, such as 10 or 0.5.");
}

/** A number of bytes from 1 on; see {@link readSize}. */
export function parseSize(text: string): number {
  const size = readSize(text);
  if (size !== undefined && size > 0) return size;
  throw new InvalidArgumentError("Expected a number of bytes above 0, such as 65536, 64k or 1M.");
}

/** A number that may end in k, M or G (1024); undefined for anything else. */
export function readSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,15})([kMG]?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size = Number(digits) * { "": 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit as "" | "k" | "M" | "G"];
  return Number.isSafeInteger(size) ? size : undefined;
}

/** HOST:PORT, [IPv6]:PORT, or :PORT for one on loopback. */
export function parseEndpoint(text: string): IpEndpoint {
  const [, v6, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535)
    throw new InvalidArgumentError("Expected HOST:PORT, such as 127.0.0.1:8080.");
  return { kind: "ip", address: v6 ?? (host === "" ? "127.0.0.1" : host!), port: Number(port) };
}
