import { execFileSync } from "node:child_process";
import type { TestContext } from "node:test";
import { findProgram } from "./needs.ts";

/** Two network namespaces of the test's own, joined by a cable: each with an address that is no loopback. */
export interface Namespaces {
  readonly client: string;
  readonly server: string;
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** The command that runs in a namespace. */
  inside(namespace: string, command: readonly string[]): string[];
}

export function createNamespaces(context: TestContext): Namespaces {
  const ip = findProgram("ip")!;
  const run = (...args: string[]): void => void execFileSync(ip, args, { stdio: ["ignore", "ignore", "pipe"] });
  const [client, server] = [`tapline-c${process.pid}`, `tapline-s${process.pid}`];
  run("netns", "add", client);
  context.after(() => run("netns", "del", client));
  run("netns", "add", server);
  context.after(() => run("netns", "del", server));
  run("-n", client, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", server);
  const addresses = { [client]: "10.213.7.1", [server]: "10.213.7.2" };
  for (const [namespace, address] of Object.entries(addresses)) {
    run("-n", namespace, "addr", "add", `${address}/24`, "dev", "cable");
    run("-n", namespace, "link", "set", "cable", "up");
    run("-n", namespace, "link", "set", "lo", "up");
  }
  return {
    client,
    server,
    clientAddress: addresses[client]!,
    serverAddress: addresses[server]!,
    inside: (namespace, command) => [ip, "netns", "exec", namespace, ...command],
  };
}
