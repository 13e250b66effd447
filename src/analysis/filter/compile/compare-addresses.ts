import { readIpAddress } from "../../../wire/packet/ip-address.ts";
import { compileNetwork, isSameAddress } from "../../../wire/packet/ip-network.ts";
import { FilterFault } from "../filter-error.ts";
import type { Value } from "../value.ts";
import type { Compiled, Evaluate } from "./compiled.ts";

/**
 * An address is compared as bits: with another, with a network (`10.0.0.0/8`), or, where a port follows, with its port
 * (Envoy's `source.address` has it). Undefined where neither side is an address.
 */
export function compareAddresses(left: Compiled, right: Compiled, wanted: boolean): Evaluate | undefined {
  const [address, other] = left.withPort === undefined ? [right, left] : [left, right];
  if (address.withPort === undefined || other.type !== "string") return undefined;
  const { evaluate } = address;
  if (typeof other.constant === "string") {
    const test = addressTest(address, other.constant, other);
    return (subject) => {
      const found = test(subject);
      return found === undefined ? undefined : found === wanted;
    };
  }
  return (subject) => {
    const a = evaluate(subject);
    const b = other.evaluate(subject);
    return a === undefined || b === undefined ? undefined : isSameAddress(a as string, b as string) === wanted;
  };
}

/** Whether an address is in a list of texts, each of which says by itself what it asks for. */
export function addressInList(address: Compiled, list: Compiled): Evaluate | undefined {
  if (address.withPort === undefined || !Array.isArray(list.constant)) return undefined;
  const tests = (list.constant as Value[]).map((text) => addressTest(address, text as string, list));
  return (subject) => {
    let found: boolean | undefined = false;
    for (const test of tests) {
      const one = test(subject);
      if (one === true) return true;
      if (one === undefined) found = undefined;
    }
    return found;
  };
}

function addressTest(
  address: Compiled,
  text: string,
  { node }: Compiled,
): (subject: Parameters<Evaluate>[0]) => boolean | undefined {
  const port = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (port !== null) {
    const bare = port[1] ?? port[2]!;
    const evaluate = address.withPort!;
    return (subject) => {
      const found = evaluate(subject) as string | undefined;
      if (found === undefined || found === text) return found === undefined ? undefined : true;
      const colon = found.lastIndexOf(":");
      return found.slice(colon + 1) === port[3] && isSameAddress(found.slice(0, colon).replace(/^\[|\]$/g, ""), bare);
    };
  }
  const { evaluate } = address;
  const test = isPath(text) ? (found: string) => found === text : networkTest(text, node);
  return (subject) => {
    const found = evaluate(subject) as string | undefined;
    return found === undefined ? undefined : test(found);
  };
}

/** A text that is no address is the path of a socket. */
function isPath(text: string): boolean {
  return readIpAddress(text) === undefined && !/^[\d.:a-f]+(?:\/\d+)?$/i.test(text);
}

function networkTest(text: string, node: Compiled["node"]): (address: string) => boolean {
  try {
    return compileNetwork(text);
  } catch {
    throw new FilterFault(`'${text}' is no address`, node.start, node.end, "'10.0.0.1', '10.0.0.1:80', '10.0.0.0/8'");
  }
}
