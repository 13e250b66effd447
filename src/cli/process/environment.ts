/** An environment variable that Tapline heeds. */
export interface Variable {
  readonly name: string;
  /** The commands that heed it; empty: all. */
  readonly commands: readonly string[];
  readonly meaning: string;
}

/** All of them, but Rover's (docs/rover.md) and those that a configuration file of the user's names. */
export const ENVIRONMENT: readonly Variable[] = [
  {
    name: "TAPLINE_TOKEN",
    commands: ["collector", "up", "view", "query", "mcp", "receive-taps"],
    meaning: "the token of an administrator: to be asked for, or to ask with; `--token` goes before it",
  },
  {
    name: "TAPLINE_INGEST_TOKEN",
    commands: ["collector", "receive-traces", "read", "proxy", "tap", "receive-taps", "agent", "run", "monitor"],
    meaning: "the token of who sends exchanges: to be asked for, or for `--send`",
  },
  {
    name: "TAPLINE_PUBLISH_TOKEN",
    commands: ["read", "tap", "receive-traces", "collector", "agent", "run"],
    meaning: "the token for `--publish`; `--publish-token` goes before it",
  },
  { name: "TAPLINE_ADMIN_TOKEN", commands: ["proxy", "up", "tap"], meaning: "the token of the admin listener" },
  { name: "TAPLINE_OAP_TOKEN", commands: ["collector"], meaning: "`authentication` for `--forward-oap`" },
  {
    name: "TAPLINE_CLICKHOUSE_PASSWORD",
    commands: ["collector"],
    meaning: "the password for `--store clickhouse://…`: on the command line everybody may see it",
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    commands: ["collector"],
    meaning:
      "headers for `--otlp`: `name=value,…`; beside it `_CERTIFICATE`, `_CLIENT_CERTIFICATE`, `_CLIENT_KEY`: files of PEM",
  },
  {
    name: "WASM_FILTER_TRACE_BACKEND_ADDRESS",
    commands: ["proxy"],
    meaning: "the backend of trace exporters whose configuration names none",
  },
  { name: "WASM_FILTER_TRACE_BACKEND_PORT", commands: ["proxy"], meaning: "its port" },
  { name: "WASM_FILTER_TRACE_SAMPLING_PORT", commands: ["proxy"], meaning: "the port of its sampling manager" },
  {
    name: "CILIUM_MONITOR_SOCK",
    commands: ["monitor"],
    meaning: "the agent's socket; `--monitor-socket` goes before it",
  },
  { name: "KUBECONFIG", commands: ["deploy", "agent"], meaning: "as kubectl has it" },
  { name: "SUDO_USER", commands: ["run"], meaning: "the user that the command runs as; `--user` goes before it" },
  { name: "NO_COLOR", commands: [], meaning: "no colours where `--color` does not say `always`" },
  { name: "FORCE_COLOR", commands: [], meaning: "colours, whatever the output is; `CLICOLOR_FORCE` likewise" },
  { name: "CLICOLOR", commands: [], meaning: "0: no colours" },
  { name: "TERM", commands: [], meaning: "`dumb`: no colours" },
  {
    name: "TMPDIR",
    commands: [],
    meaning: "temporary files (mode 0600): what is sorted, and stdin where it is read twice",
  },
  { name: "TZ", commands: [], meaning: "the zone of the times that are shown; `--tz` goes before it" },
  {
    name: "XDG_CACHE_HOME",
    commands: [],
    meaning: "where compiled code is kept (`tapline/compiled`); by default `~/.cache`",
  },
  { name: "NODE_COMPILE_CACHE", commands: [], meaning: "the folder itself" },
  { name: "TAPLINE_NODE_OPTIONS", commands: [], meaning: "options for Node, such as `--max-old-space-size=200`" },
];
