import { Command, CommanderError, Help } from "commander";
import { describeExitCodes, VERSION } from "../model/index.ts";
import type { CommandName } from "./command-names.ts";
import { runAction } from "./process/run-action.ts";

const program = new Command("tapline")
  .description(
    "Taps network traffic wherever it can be reached, understands it, and hands it on in every form other tools speak.",
  )
  .version(VERSION, "-V, --version")
  .showHelpAfterError("(tapline --help lists the commands)")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "tapline: ")) })
  .configureHelp({ optionDescription: describeOption })
  .addHelpText(
    "after",
    `
tapline help COMMAND says more of each, with examples. The pages in docs/ say everything.

Examples:
  tapline up --upstream 127.0.0.1:8080
  tapline read capture.pcapng -Y 5xx
  tapline convert trace.pb trace.pcapng

Exit codes: ${describeExitCodes(["done", "failed", "usage", "nothingMatched"])},
${describeExitCodes(["dataMissing", "found", "interrupted"])}.`,
  )
  .enablePositionalOptions()
  .exitOverride();

/**
 * Every command is one file that is loaded only when it is asked for, so that `tapline --help` stays quick. The file
 * exports `define(command)`, which adds its own arguments, options, examples and action.
 */
const COMMANDS: readonly {
  name: CommandName;
  summary: string;
  load: () => Promise<{ define(command: Command): void }>;
  hidden?: boolean;
}[] = [
  {
    name: "read",
    summary: "show the exchanges in captures, traces, HAR and NDJSON files, or live from stdin",
    load: () => import("./read.ts"),
  },
  {
    name: "summary",
    summary: "sum up what is in captures and traces: rates, errors, latencies, the slowest, what failed",
    load: () => import("./summary.ts"),
  },
  {
    name: "up",
    summary: "tap a service, or a demo service, with one command (npm start)",
    load: () => import("./up.ts"),
  },
  {
    name: "proxy",
    summary: "run the listeners and clusters of an Envoy bootstrap, taps and captures included",
    load: () => import("./proxy.ts"),
  },
  {
    name: "convert",
    summary: "turn traces of any form into packets (pcap, pcapng) or into another form",
    load: () => import("./convert.ts"),
  },
  {
    name: "tap",
    summary: "attach to /tap of a running Envoy or Tapline and show exchanges as they come",
    load: () => import("./tap.ts"),
  },
  {
    name: "receive-taps",
    summary: "be the service that taps with the sink streaming_grpc send their traces to",
    load: () => import("./receive-taps.ts"),
  },
  {
    name: "collector",
    summary: "receive from exporters, agents and proxies, keep, answer, and show it in a browser",
    load: () => import("./collector.ts"),
  },
  {
    name: "query",
    summary: "ask a collector, and show what it finds in the terminal",
    load: () => import("./query.ts"),
  },
  {
    name: "view",
    summary: "look at captures and traces in a browser; nothing is kept",
    load: () => import("./view.ts"),
  },
  {
    name: "mcp",
    summary: "give assistants the questions of a collector (Model Context Protocol)",
    load: () => import("./mcp.ts"),
  },
  {
    name: "receive-traces",
    summary: "be the backend of trace exporters: POST /publish and POST /api/telemetry",
    load: () => import("./receive-traces.ts"),
  },
  {
    name: "deploy",
    summary: "put the trace filter, a collector or agents into a Kubernetes cluster, and take them back",
    load: () => import("./deploy.ts"),
  },
  {
    name: "audit",
    summary: "list what looks like a secret in files of any kind",
    load: () => import("./audit.ts"),
  },
  {
    name: "agent",
    summary: "watch what processes say on their sockets, by programs in the kernel",
    load: () => import("./agent.ts"),
  },
  {
    name: "run",
    summary: "run a command and show what it says on the network",
    load: () => import("./run.ts"),
  },
  {
    name: "wasm",
    summary: "run a proxy-wasm filter over recorded exchanges, and show what it would do",
    load: () => import("./wasm.ts"),
  },
  {
    name: "doctor",
    summary: "say what this machine and these privileges allow of run and agent, by trying it",
    load: () => import("./doctor.ts"),
  },
  {
    name: "monitor",
    summary: "watch what Cilium's datapath and agent notify, live or recorded",
    load: () => import("./monitor.ts"),
  },
  {
    name: "tap2pcap",
    summary: "turn a trace into a pcap, called as Envoy's tool of that name",
    load: async () => ({ define: (await import("./convert.ts")).defineAs("tap2pcap") }),
    hidden: true,
  },
  {
    name: "capture2pcap",
    summary: "turn a capture into a pcap, called as Envoy's tool of that name",
    load: async () => ({ define: (await import("./convert.ts")).defineAs("capture2pcap") }),
    hidden: true,
  },
  {
    name: "completion",
    summary: "write a completion script for bash, zsh or fish",
    load: async () => ({ define: (await import("./completion.ts")).defineFor(COMMANDS) }),
  },
];

const args = process.argv.slice(2);
// Help for a command that does not exist says what running it would say.
if (args[0] === "help" && args[1] !== undefined && !COMMANDS.some(({ name }) => name === args[1])) args.shift();
const [asked] = args;
for (const { name, summary, load, hidden } of COMMANDS) {
  const command = program
    .command(name, { hidden: hidden === true })
    .summary(summary)
    .description(summary)
    .showHelpAfterError(`(tapline ${name} --help says more)`)
    .exitOverride();
  if (name === asked || (asked === "help" && args[1] === name)) (await load()).define(command);
}

await runAction(async () => {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
});

/** Options that may be repeated begin with none: that goes without saying. Sizes are written as they may be given. */
function describeOption(...[option]: Parameters<Help["optionDescription"]>): string {
  if (typeof option.defaultValue === "number" && /<(?:size|bytes)>/.test(option.flags))
    option.defaultValueDescription ??= writeSize(option.defaultValue);
  const empty = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return empty ? option.description : Help.prototype.optionDescription(option);
}

function writeSize(bytes: number): string {
  const units = ["", "k", "M", "G"];
  let size = bytes;
  for (; size % 1024 === 0 && units.length > 1; size /= 1024) units.shift();
  return `${size}${units[0]}`;
}
