import assert from "node:assert/strict";
import { runProgram } from "./run-program.ts";

/** An element of tshark's PDML: a protocol or a field, with what stands in it. */
export interface PdmlNode {
  readonly name: string;
  readonly show: string;
  readonly value: string;
  readonly children: PdmlNode[];
}

/** The packets of a capture as tshark takes them apart: of each the protocols that are asked for. */
export async function dissect(
  path: string,
  options: readonly string[],
  protocols: string,
): Promise<readonly (readonly PdmlNode[])[]> {
  const { code, stdout, stderr } = await runProgram("tshark", ["-r", path, ...options, "-T", "pdml", "-J", protocols], {
    timeoutMillis: 120_000,
  });
  assert.equal(code, 0, stderr);
  const packets: PdmlNode[][] = [];
  const stack: PdmlNode[] = [];
  for (const [, close, tag, attributes, empty] of stdout.matchAll(/<(\/?)(packet|proto|field)\b([^>]*?)(\/?)>/g)) {
    if (tag === "packet") {
      if (close === "") packets.push([]);
      continue;
    }
    if (close === "/") {
      stack.pop();
      continue;
    }
    const node: PdmlNode = {
      name: attribute(attributes!, "name"),
      show: attribute(attributes!, "show"),
      value: attribute(attributes!, "value"),
      children: [],
    };
    (stack.at(-1)?.children ?? packets.at(-1)!).push(node);
    if (empty === "") stack.push(node);
  }
  return packets;
}

/** The first node of that name, at any depth. */
export function findNode(nodes: readonly PdmlNode[], name: string): PdmlNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : findNode(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value.replace(/&(?:(lt|gt|quot|apos|amp)|#x([\da-f]+));/gi, (_, entity: string, code: string) =>
    entity === undefined ? String.fromCodePoint(Number.parseInt(code, 16)) : ENTITIES[entity]!,
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
