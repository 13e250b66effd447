import { type Command, InvalidArgumentError } from "commander";
import { TaplineError } from "../../model/index.ts";
import { defineKeepFlags } from "../flags/keep-flags.ts";
import { parseSize } from "../flags/option-values.ts";
import { definePublishFlags } from "../flags/publish-flags.ts";
import { defineSendFlags } from "../flags/send-flags.ts";
import { defineViewFlags } from "../read/read-flags.ts";

/** Flags for how it is watched and shown. */
export function defineWatchFlags(command: Command, countFlags?: string): void {
  defineViewFlags(command, countFlags);
  defineSendFlags(command);
  defineKeepFlags(command);
  definePublishFlags(command);
  command
    .option("-w, --write <file>", "write it to a file too: packets (.pcapng, .pcap) or exchanges (.har, .ndjson)")
    .option("--write-format <format>", "what to write, where the file's name does not say it")
    .option(
      "--message-bytes <bytes>",
      "so much is copied of what one side says before the other speaks; the rest is counted",
      parseSize,
      1024 * 1024,
    )
    .option("--nice <n>", "how far it gives way to other processes, from 0 (as an equal) to 19", parseNice, 15)
    .option("--packets", "show retransmitted and dropped packets of the connections, too")
    .option("--ring <bytes>", "the kernel's buffer for all that is seen; a power of two", parseRing, 16 * 1024 * 1024);
}

function parseNice(text: string): number {
  if (/^1?\d$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 0 to 19.");
}

function parseRing(text: string): number {
  const size = parseSize(text);
  if (size >= 4096 && size <= 2 ** 30 && Number.isInteger(Math.log2(size))) return size;
  throw new TaplineError("usage", `--ring ${text}: expected a power of two from 4k to 1G`);
}
