import type { Dialect } from "../../wire/cilium/index.ts";

/** Text and exit code with which Cilium's command ends. */
export class CompatExit extends Error {
  /** For standard output, and for stderr. */
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number;

  constructor(output: string, errors: string, exitCode: number) {
    super(output + errors);
    this.output = output;
    this.errors = errors;
    this.exitCode = exitCode;
  }
}

/** The output for wrong flags: v1.9 says it twice on standard output, v1.19 once there and once on stderr. */
export function wrongUsage(message: string, dialect: Dialect): CompatExit {
  const usage = `${compatUsage(dialect)}\n${message}\n`;
  const error = `Error: ${message}\n`;
  return dialect === "v1.9" ? new CompatExit(error + usage, "", 255) : new CompatExit(usage, error, 1);
}

/** The usage that `cilium monitor` (v1.9) and `cilium-dbg monitor` (later) print with an error. */
function compatUsage(dialect: Dialect): string {
  const isLater = dialect !== "v1.9";
  const types = `[agent capture debug drop l7 policy-verdict trace${isLater ? " trace-sock" : ""}]`;
  const numeric = "  -n, --numeric                 Display all security identities as numeric values\n";
  return `Usage:
  ${isLater ? "cilium-dbg" : "cilium"} monitor [flags]

Flags:
      --from []uint16           Filter by source endpoint id
  -h, --help                    help for monitor
      --hex                     Do not dissect, print payload in HEX
  -j, --json                    Enable json output. Shadows -v flag
      --monitor-socket string   Configure monitor socket path
${isLater ? numeric : ""}      --related-to []uint16     Filter by either source or destination endpoint id
      --to []uint16             Filter by destination endpoint id
  -t, --type []string           Filter by event types ${types}
  -v, --verbose bools[=false]   Enable verbose output (-v, -vv) (default [])

Global Flags:
${isLater ? LATER_GLOBAL_FLAGS : GLOBAL_FLAGS}`;
}

const GLOBAL_FLAGS = `      --config string   config file (default is $HOME/.cilium.yaml)
  -D, --debug           Enable debug messages
  -H, --host string     URI to server-side API
`;

const LATER_GLOBAL_FLAGS = `      --config string        Config file (default is $HOME/.cilium.yaml)
  -D, --debug                Enable debug messages
  -H, --host string          URI to server-side API
      --log-driver strings   Logging endpoints to use (example: syslog)
      --log-opt map          Log driver options (example: format=json)
`;
