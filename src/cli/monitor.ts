import { type Command, Option } from "commander";
import { TaplineError } from "../model/index.ts";
import { DEFAULT_DIALECT, DIALECTS } from "../wire/cilium/index.ts";
import { defineFilterLimitFlag } from "./flags/filter-limit-flag.ts";
import { collect, countFlag, parseCount, parseSeconds, parseSize } from "./flags/option-values.ts";
import { defineRedactFlags } from "./flags/redact-flags.ts";
import { defineSendFlags } from "./flags/send-flags.ts";
import { parseCountOrSpan, parseMoment } from "./flags/time-values.ts";
import { checkAlignment } from "./monitor/check-alignment.ts";
import type { MonitorFlags } from "./monitor/monitor-flags.ts";
import { runMonitor } from "./monitor/run-monitor.ts";

/** `tapline monitor`: what Cilium's datapath and agent notify, live from the agent's socket or from a recording. */
export function define(command: Command): void {
  command
    .argument("[extra...]")
    .usage("[options]")
    .option(
      "--monitor-socket <path>",
      "the agent's socket, or NODE=PATH; may be repeated (or CILIUM_MONITOR_SOCK)",
      collect,
      [],
    )
    .option(
      "-i, --input <file>",
      "read a recording instead, or - for stdin: a gob session, hex lines, the JSON of -j, or Hubble's",
      collect,
      [],
    )
    .option("--record <file>", "write what comes to a file that --input reads")
    .option(
      "-t, --type <types>",
      "only these types of events: drop, trace:to-endpoint (comma lists; may be repeated)",
      collect,
      [],
    )
    .option("--from <endpoints>", "only events from these endpoints", collect, [])
    .option("--to <endpoints>", "only events to these endpoints", collect, [])
    .option("--related-to <endpoints>", "only events from or to these endpoints", collect, [])
    .option("-Y, --display-filter <filter>", "only events that this filter matches (docs/filter.md)")
    .addOption(
      new Option("--first <n>", "only the first n of them, and then end").argParser(parseCount).conflicts("last"),
    )
    .option("--last <n|time>", "only the last n of them, or those of so much time: 20, 10m", parseCountOrSpan)
    .option("--since <time>", "only events from then on: 2026-01-31T12:00:00Z, or how long ago: 10m", (text) =>
      parseMoment(text),
    )
    .option("--until <time>", "only events before then", (text) => parseMoment(text))
    .option("-v, --verbose", "debug messages too; -vv: everything, with the packets' layers", countFlag, 0)
    .option("--hex", "with -vv: the packets in hexadecimal instead of their layers")
    .option("-j, --json", "one JSON document a line, as Cilium writes it; wins over -v")
    .addOption(
      new Option("-o, --output <form>", "print flows instead").choices([
        "compact",
        "dict",
        "table",
        "json",
        "jsonpb",
        "ndjson",
        "pcapng",
      ]),
    )
    .option("--summary", "count events by kind, reason, endpoints and identities, in a table that refreshes")
    .option("-n, --numeric", "identities and endpoints as numbers only")
    .option("--names <file>", "names for identities, endpoints, interfaces and ports (JSON)")
    .option("--agent-api [socket]", "ask the agent for the names of endpoints and identities")
    .option("--timestamps", "when each event came")
    .addOption(
      new Option("--dialect <version>", "whose messages and texts; auto finds out from them, with --compat it is v1.9")
        .choices(["auto", ...DIALECTS])
        .default("auto"),
    )
    .option("--compat", "print byte for byte what cilium monitor prints, faults included")
    .option("--fresh-dissector", "with --compat: carry nothing from one packet to the next")
    .option("--lost-interval <seconds>", "sum lost events over this time; 0 prints each", parseSeconds, 10)
    .option("--retry <seconds>", "how long to wait before connecting again", parseSeconds, 12)
    .option("--max-message <bytes>", "the longest message to take in", parseSize, 16 * 1024 * 1024)
    .option("-q, --quiet", "do not print the balance of what came in")
    .option("--check-alignment <object>", "compare the structs in an eBPF object's BTF or DWARF with ours, and exit")
    .addHelpText("after", EXAMPLES);
  for (const [flag, description] of FLOW_FLAGS) command.option(flag, description, collect, []);
  defineRedactFlags(command, "show credentials in what proxies have logged; --compat always does");
  defineFilterLimitFlag(command);
  defineSendFlags(command);
  command.action(async (extra: string[], given: MonitorFlags) => {
    if (given.compat === true && command.getOptionValueSource("dialect") === "cli" && given.dialect === "auto")
      throw new TaplineError("usage", "--compat prints what one version prints: --dialect auto is none", {
        hint: `--dialect ${DIALECTS.join(", ")}`,
      });
    if (given.compat === true && given.send !== undefined)
      throw new TaplineError(
        "usage",
        "--compat prints what Cilium prints, and nothing goes elsewhere: leave out --send",
      );
    const flags = given.compat === true && given.dialect === "auto" ? { ...given, dialect: DEFAULT_DIALECT } : given;
    if (flags.checkAlignment !== undefined) checkAlignment(flags.checkAlignment, flags.dialect);
    else await runMonitor(extra, flags);
  });
}

/** As in `hubble observe`; each may be repeated, or be a list with commas. */
const FLOW_FLAGS = [
  [
    "--verdict <verdicts>",
    "only flows with one of these: forwarded, dropped, audit, redirected, error, traced, translated",
  ],
  ["--pod <pods>", "only flows from or to pods whose name begins so: [NAMESPACE/]NAME"],
  ["--from-pod <pods>", "only flows from these pods"],
  ["--to-pod <pods>", "only flows to these pods"],
  ["--namespace <names>", "only flows from or to pods of these namespaces"],
  ["--label <selector>", "only flows from or to pods with these labels: app=cart,tier"],
  ["--ip <addresses>", "only flows from or to these addresses or networks"],
  ["--port <ports>", "only flows from or to these ports"],
  ["--protocol <protocols>", "only these: tcp, udp, icmp, http, dns, …"],
  ["--identity <identities>", "only flows from or to these identities: numbers, host, world, …"],
  ["--http-status <statuses>", "only requests that a proxy saw with these: 404, 5+"],
  ["--http-method <methods>", "only requests that a proxy saw with these methods"],
  ["--traffic-direction <direction>", "only ingress or egress"],
] as const;

const EXAMPLES = `
Examples:
  tapline monitor                                     on a node, beside the agent
  tapline monitor -t drop -Y "drop.reason == 'Policy denied' && destination.port == 443"
  kubectl -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg monitor -j | tapline monitor --input - -o compact
  tapline monitor --verdict dropped --from-pod shop/cart --port 443
  tapline monitor --record drops.gob -t drop
  tapline monitor --input drops.gob --last 10m -t trace:to-endpoint,drop
  tapline monitor --input drops.gob -o pcapng > drops.pcapng
`;
