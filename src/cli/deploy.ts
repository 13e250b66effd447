import type { Command } from "commander";
import { define as defineAgent } from "./deploy/agent.ts";
import { define as defineCollector } from "./deploy/collector.ts";
import { define as defineFilter } from "./deploy/filter.ts";

/** `tapline deploy`: puts a part of Tapline into a cluster, and takes it back. */
export function define(command: Command): void {
  defineFilter(command.command("filter"));
  defineCollector(command.command("collector"));
  defineAgent(command.command("agent"));
}
