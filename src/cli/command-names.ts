/**
 * The commands there are and will be: nothing else may take one of these names. A command appears in the help when it works,
 * and is unknown until then. `tap2pcap` and `capture2pcap` are named as Envoy's tools are.
 */
export const COMMAND_NAMES = [
  "up",
  "proxy",
  "read",
  "summary",
  "diff",
  "convert",
  "tap",
  "receive-taps",
  "receive-traces",
  "monitor",
  "agent",
  "run",
  "doctor",
  "collector",
  "query",
  "view",
  "mcp",
  "deploy",
  "audit",
  "wasm",
  "completion",
  "help",
  "tap2pcap",
  "capture2pcap",
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];
