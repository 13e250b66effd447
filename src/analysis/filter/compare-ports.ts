import type { Compiled } from "./compiled.ts";

/** An address compared with text that ends in a port is compared with its port (Envoy's `source.address` has it). */
export function comparePorts(left: Compiled, right: Compiled): [Compiled, Compiled] {
  return [withPortFor(left, right), withPortFor(right, left)];
}

export function withPortFor(address: Compiled, other: Compiled): Compiled {
  const texts = Array.isArray(other.constant) ? other.constant : [other.constant];
  const named = texts.some((text) => typeof text === "string" && /^(?:\[.*\]|[^:]*):\d+$/.test(text));
  return address.withPort === undefined || !named ? address : { ...address, evaluate: address.withPort };
}
