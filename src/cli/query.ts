import { type Command, Option } from "commander";
import { openQuery } from "../source/collector-api/open-query.ts";
import { DEFAULT_READ_FLAGS, defineViewFlags, type ReadFlags } from "./read/read-flags.ts";
import { runRead } from "./read/run-read.ts";

interface QueryFlags extends ReadFlags {
  url: string;
  token?: string;
  from?: string;
  to?: string;
  order: "newest" | "oldest";
}

/** Exchanges that are asked for where it is not said how many. */
const COUNT = 100;

/** `tapline query`: asks a collector, and shows what it finds as `tapline read` does. */
export function define(command: Command): void {
  command
    .argument("[filter]", "the same as -Y")
    .option("--url <url>", "the collector's page", "http://127.0.0.1:9004")
    .option("--token <token>", "default: TAPLINE_TOKEN")
    .option("--from <time>", "event times from here on: RFC 3339, or 15m, 2h, 7d ago")
    .option("--to <time>", "event times before this")
    .addOption(new Option("--order <order>", "which come first").choices(["newest", "oldest"]).default("newest"))
    .option("-w, --write <file>", "write what matches, by the extension: HAR, NDJSON");
  defineViewFlags(command);
  command
    .addHelpText(
      "after",
      `
Shows ${COUNT} at most, or as many as -c says.

Examples:
  tapline query 5xx --from 1h
  tapline query "service.name == 'shop' && duration > duration('1s')" -v
  tapline query -c 1000 -w errors.har error`,
    )
    .action(async (filter: string | undefined, flags: QueryFlags) => {
      const { url, from, to, order } = flags;
      const token = flags.token ?? (process.env["TAPLINE_TOKEN"] || undefined);
      const asked = filter ?? flags.filter;
      const ask = () => openQuery({ url, token, filter: asked, from, to, order, limit: flags.count ?? COUNT });
      const { filter: _, ...rest } = flags;
      await runRead(["-"], { ...DEFAULT_READ_FLAGS, ...rest }, new Map([["-", ask]]));
    });
}
