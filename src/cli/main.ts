import { Command, CommanderError } from "commander";
import { VERSION } from "../model/index.ts";
import { runAction } from "./run-action.ts";

const program = new Command("tapline")
  .description(
    "Taps network traffic wherever it can be reached, understands it, and hands it on in every form other tools speak.",
  )
  .version(VERSION, "-V, --version")
  .showHelpAfterError("(tapline --help lists the commands)")
  .enablePositionalOptions()
  .exitOverride();

/**
 * Every command is one file that is loaded only when it is asked for, so that `tapline --help` stays quick. The file
 * exports `define(command)`, which adds its own arguments, options, examples and action.
 */
const COMMANDS: readonly {
  name: string;
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

const asked = process.argv[2];
for (const { name, summary, load, hidden } of COMMANDS) {
  const command = program
    .command(name, { hidden: hidden === true })
    .summary(summary)
    .description(summary)
    .exitOverride();
  if (name === asked || (asked === "help" && process.argv[3] === name)) (await load()).define(command);
}

await runAction(async () => {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
});
