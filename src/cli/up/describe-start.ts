import { dirname, join, resolve } from "node:path";
import { type Endpoint, formatEndpoint, type IpEndpoint } from "../../model/index.ts";
import { fileExists } from "../../source/whole-file.ts";

export interface StartFacts {
  readonly listen: IpEndpoint;
  readonly upstream: Endpoint;
  readonly page: IpEndpoint;
  readonly admin: Endpoint;
  /** The folder of the traces. */
  readonly taps: string;
  readonly configPath: string;
  /** The upstream is the demo service. */
  readonly isDemo: boolean;
}

/** The start of what `tapline up` prints: what runs, where its page is, and what to try in another window, whatever its folder. */
export function describeStart(facts: StartFacts): string {
  const { listen, upstream, page, admin, taps, configPath, isDemo } = facts;
  const where = formatEndpoint(listen);
  const url = `http://${formatEndpoint(page)}`;
  const tapline = quote(findTapline());
  const folder = quote(resolve(taps));
  const traces = `${folder}/demo_*.json`;
  const asked = url === DEFAULT_URL ? "" : ` --url ${url}`;
  return `Tapping ${where} -> ${formatEndpoint(upstream)}${isDemo ? " (a demo service, with a little traffic)" : ""}

  the page           ${url}/

In a second window:
  curl -i http://${where}/${isDemo ? "json" : ""}
  ${tapline} query${asked} -c 20
  ${tapline} summary ${traces}

  traces             ${folder}   one file a connection that has closed; for Wireshark: tapline convert
  configuration      ${quote(resolve(configPath))}   to run it again: tapline proxy -c FILE
  counters           http://${formatEndpoint(admin)}/stats
  stop               Ctrl-C

`;
}

/** Where `query` asks by itself. */
const DEFAULT_URL = "http://127.0.0.1:9004";

/** The command as another window finds it: by its place, where this is a checkout or an archive. */
function findTapline(): string {
  const started = join(dirname(process.argv[1] ?? ""), "../../bin/tapline");
  const isPackage = started.includes("/node_modules/");
  return !isPackage && fileExists(started) ? started : "tapline";
}

/** As a shell takes it for one word. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
