import type { Logger } from "../../model/index.ts";
import { SparseLog } from "../../source/sparse-log.ts";
import { isObject } from "../../wire/json/fields.ts";
import type { BackendPool, BackendResult } from "./backend-pool.ts";
import { Backoff } from "./backoff.ts";

export interface SamplingManagerOptions {
  readonly pool: Pick<BackendPool, "send">;
  readonly path: string;
  readonly authority: string;
  /** Sent with each question, as with reports. */
  readonly token?: string | undefined;
  readonly intervalMillis: number;
  readonly traceBeforeFirstList: boolean;
  readonly logger: Logger;
  readonly backoff?: Backoff;
}

/**
 * Which hosts are to be reported, as a sampling manager lists them (`GET /api/hostsToTrace`: `{"hosts":["host:port", "*"]}`):
 * asked at the start, sooner again while it does not answer, then at its interval. Until the first list nothing is reported,
 * unless the configuration says otherwise; a list that cannot be had leaves the old one in force.
 */
export class SamplingManager {
  readonly #options: SamplingManagerOptions;
  readonly #log: SparseLog;
  readonly #backoff: Backoff;
  #hosts: ReadonlySet<string> | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: SamplingManagerOptions) {
    this.#options = options;
    this.#log = new SparseLog(options.logger);
    this.#backoff = options.backoff ?? new Backoff(1000, Math.min(30_000, options.intervalMillis));
    this.#ask();
  }

  /**
   * Whether exchanges with a host are to be reported. A name of one word, of which no namespace is known, always is: the manager
   * lists it with one.
   */
  wants({ host, isFixed }: { readonly host: string; readonly isFixed: boolean }, port: string): boolean {
    if (!isFixed || port === "") return true;
    const hosts = this.#hosts;
    if (hosts === undefined) return this.#options.traceBeforeFirstList;
    return hosts.has(`${host}:${port}`) || hosts.has("*") || (host.includes(":") && hosts.has(`[${host}]:${port}`));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #ask(): void {
    const { pool, path, authority, token } = this.#options;
    const access = token === undefined ? "" : `X-Trace-Source-Token: ${token}\r\n`;
    pool.send({ method: "GET", path, head: `host: ${authority}\r\naccept: */*\r\n${access}` }, (answer) => {
      if (this.#isClosed) return;
      const problem = this.#read(answer);
      if (problem === undefined) this.#failures = 0;
      else this.#log.warn({ problem }, "the sampling manager gave no list of hosts");
      const millis = problem === undefined ? this.#options.intervalMillis : this.#backoff.delay(++this.#failures);
      this.#timer = setTimeout(() => this.#ask(), millis).unref();
    });
  }

  /** Takes the list, or says why there is none. */
  #read(answer: BackendResult): string | undefined {
    if ("reason" in answer) return answer.message;
    const { status, headers, body } = answer;
    if (status !== 200) return `it answered ${status}`;
    const type = headers.get("content-type") ?? "application/json";
    if (!/^application\/json\s*(?:;|$)/i.test(type)) return `it answered with ${type}`;
    const hosts = readHosts(body);
    if (hosts === undefined) return 'expected {"hosts": ["host:port", …]}';
    this.#hosts = new Set(hosts);
    return undefined;
  }
}

function readHosts(body: Uint8Array): readonly string[] | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(body).toString());
    const hosts = isObject(document) ? (document["hosts"] ?? []) : undefined;
    return Array.isArray(hosts) && hosts.every((host) => typeof host === "string") ? hosts : undefined;
  } catch {
    return undefined;
  }
}
