import type { Dialect } from "../../wire/cilium/index.ts";

/** What Cilium's command prints on its standard output before it ends, and what it ends with. */
export class CompatExit extends Error {
  readonly output: string;
  readonly exitCode: number;

  constructor(output: string, exitCode: number) {
    super(output);
    this.output = output;
    this.exitCode = exitCode;
  }
}

/** The usage that `cilium monitor` (v1.9) and `cilium-dbg monitor` (v1.19) print with an error. */
export function compatUsage(dialect: Dialect): string {
  const modern = dialect === "v1.19";
  const types = `[agent capture debug drop l7 policy-verdict trace${modern ? " trace-sock" : ""}]`;
  const numeric = "  -n, --numeric                 Display all security identities as numeric values\n";
  return `Usage:
  ${modern ? "cilium-dbg" : "cilium"} monitor [flags]

Flags:
      --from []uint16           Filter by source endpoint id
  -h, --help                    help for monitor
      --hex                     Do not dissect, print payload in HEX
  -j, --json                    Enable json output. Shadows -v flag
      --monitor-socket string   Configure monitor socket path
${modern ? numeric : ""}      --related-to []uint16     Filter by either source or destination endpoint id
      --to []uint16             Filter by destination endpoint id
  -t, --type []string           Filter by event types ${types}
  -v, --verbose bools[=false]   Enable verbose output (-v, -vv) (default [])

Global Flags:
      --config string   config file (default is $HOME/.cilium.yaml)
  -D, --debug           Enable debug messages
  -H, --host string     URI to server-side API
`;
}
