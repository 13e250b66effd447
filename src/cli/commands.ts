import type { Command } from "commander";
import type { CommandName } from "./command-names.ts";

/** A command as `tapline --help` has it. */
export interface ListedCommand {
  readonly name: CommandName;
  readonly summary: string;
  readonly load: () => Promise<{ define(command: Command): void }>;
  readonly hidden?: boolean;
}

/**
 * Every command is one file that is loaded only when it is asked for, so that `tapline --help` stays quick. The file
 * exports `define(command)`, which adds its own arguments, options, examples and action.
 */
export const COMMANDS: readonly ListedCommand[] = [
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
    name: "diff",
    summary: "compare two captures, or two selections of one: in what do they differ beyond chance?",
    load: () => import("./diff.ts"),
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
