import { statSync } from "node:fs";
import { formatError, type Logger, TaplineError } from "../../model/index.ts";
import { readWholeFile } from "../whole-file.ts";

/**
 * The hosts that exporters are to report, each time they ask for them.
 * @param flag what the list stands behind, for messages
 * @param list `host:port,…` or `*`; or `@FILE`, which has one on each line, with comments behind `#`, and is read again when it has changed. When
 * it is wrong then, that is told, and the list before it stays in force
 * @throws TaplineError when the list, or the file as it is now, is wrong
 */
export function openHostList(flag: string, list: string, logger: Logger): () => readonly string[] {
  if (list.startsWith("@")) {
    const file = new HostFile(list.slice(1), logger);
    return () => file.hosts();
  }
  const hosts = list.split(",").filter((host) => host !== "");
  const wrong = hosts.find((host) => !isHost(host));
  if (wrong !== undefined) throw new TaplineError("usage", `${flag}: ${describeWrong(wrong)}`, { hint: HINT });
  return () => hosts;
}

class HostFile {
  readonly #path: string;
  readonly #logger: Logger;
  /** When it was read last. */
  #state: string;
  #hosts: readonly string[];

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
    this.#state = stateOf(path);
    this.#hosts = readHosts(path);
  }

  /** Exporters ask each minute: to look at the file then costs less than to watch it. */
  hosts(): readonly string[] {
    const state = stateOf(this.#path);
    if (state === this.#state) return this.#hosts;
    this.#state = state;
    try {
      this.#hosts = readHosts(this.#path);
      this.#logger.info({ file: this.#path, hosts: this.#hosts.length }, "the list of hosts has changed");
    } catch (error) {
      const reason = formatError(error);
      this.#logger.warn({ file: this.#path, reason }, "the list of hosts is wrong: the one before it stays in force");
    }
    return this.#hosts;
  }
}

/** Differs when the file was written or replaced. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    // It cannot be read either, which says why.
    return "";
  }
}

function readHosts(path: string): readonly string[] {
  const bytes = readWholeFile(path, "configuration");
  if (bytes.length > MAX_BYTES)
    throw new TaplineError("configuration", `expected at most ${MAX_BYTES} bytes of hosts, found ${bytes.length}`, {
      place: { file: path },
    });
  const hosts: string[] = [];
  for (const [index, line] of bytes.toString("utf8").split("\n").entries()) {
    const text = line.replace(/#.*/, "");
    const host = text.trim();
    if (host === "") continue;
    const place = { file: path, line: index + 1, column: text.indexOf(host) + 1 };
    if (!isHost(host)) throw new TaplineError("configuration", describeWrong(host), { place, hint: HINT });
    hosts.push(host);
  }
  return hosts;
}

const MAX_BYTES = 1_048_576;

/** As exporters compare them: `*`, or a host's name or address and its port. */
function isHost(text: string): boolean {
  const port = /^(?:\*|(?:[^\s:,[\]]{1,253}|\[[0-9a-f:.]{2,45}\]):(\d{1,5}))$/i.exec(text);
  return port !== null && (port[1] === undefined || (Number(port[1]) >= 1 && Number(port[1]) <= 65_535));
}

function describeWrong(text: string): string {
  return `expected host:port or *, found ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)}`;
}

const HINT = "catalogue.sock-shop:80, or * for all of them";
