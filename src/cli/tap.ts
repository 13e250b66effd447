import type { Command } from "commander";
import { attachTap } from "../source/envoy-admin/attach-tap.ts";
import { defineKeepFlags } from "./flags/keep-flags.ts";
import { definePublishFlags } from "./flags/publish-flags.ts";
import { defineSendFlags } from "./flags/send-flags.ts";
import { defineViewFlags } from "./read/read-flags.ts";
import { createTapConfig, defineMatchFlags, type MatchFlags } from "./tap/match-flags.ts";
import { type ShowFlags, showTraces } from "./tap/show-traces.ts";

type TapFlags = ShowFlags & MatchFlags & { configId: string; token?: string };

/** `tapline tap`: attaches to `/tap` of a running Envoy or Tapline and shows exchanges as they come. */
export function define(command: Command): void {
  command
    .argument("<url>", "the admin listener: http://127.0.0.1:9901")
    .requiredOption("--config-id <id>", "the config_id of the taps that are to be attached to")
    .option("--token <token>", "for a Tapline whose admin listener wants one (default: TAPLINE_ADMIN_TOKEN)")
    .option("-w, --write <file>", "write all traces to a file too: .pcapng, .pcap, .json, .pb_length_delimited, …")
    .option(
      "--write-format <format>",
      "what to write, where the file's name does not say it (tapline convert lists them)",
    );
  defineMatchFlags(command);
  definePublishFlags(command);
  defineViewFlags(command);
  defineSendFlags(command);
  defineKeepFlags(command);
  command
    .addHelpText(
      "after",
      `
The match flags are asked of the other side; -Y is applied here to what it sends. Stop with ^C.

Examples:
  tapline tap http://127.0.0.1:9901 --config-id one
  tapline tap http://127.0.0.1:9901 --config-id one --status 503 -vv
  tapline tap http://127.0.0.1:9901 --config-id one -Y 'response.code >= 500' -o ndjson
  tapline tap http://127.0.0.1:9901 --config-id one --streaming -w all.pcapng`,
    )
    .action(runTap);
}

async function runTap(url: string, flags: TapFlags): Promise<void> {
  const request = { config_id: flags.configId, tap_config: createTapConfig(flags) };
  const token = flags.token ?? process.env["TAPLINE_ADMIN_TOKEN"];
  await showTraces(flags, async (intake, stop) => {
    const tap = await attachTap({ url, request, signal: stop.signal, ...(token !== undefined && { token }) });
    if (process.stderr.isTTY) process.stderr.write(`attached to ${url} (${flags.configId}); ^C ends\n`);
    const reader = intake.open(url, "json");
    for await (const chunk of tap.chunks()) {
      reader.push(chunk);
      countLost(tap.takeLost());
      await intake.drain();
      if (stop.signal.aborted) break;
    }
    reader.end();

    function countLost(count: number): void {
      if (count === 0) return;
      const lost = intake.ledger.book("remote-traces");
      lost.enter(count);
      lost.settleDropped("not-read-fast-enough", count);
      process.stderr.write(`tapline: the other side dropped ${count} traces, because they were not read fast enough\n`);
    }
  });
}
