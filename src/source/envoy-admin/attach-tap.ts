import { TaplineError } from "../../model/index.ts";

export interface AttachOptions {
  /** The admin listener: `http://127.0.0.1:9901`. */
  readonly url: string;
  /** `envoy.admin.v3.TapRequest`, as JSON. */
  readonly request: { readonly config_id: string; readonly tap_config: object };
  /** For a Tapline whose admin listener wants one. */
  readonly token?: string;
  /** Detaches. */
  readonly signal: AbortSignal;
}

/** A tap that is attached: its trace documents, as they come. */
export interface AttachedTap {
  /** Ends when the other side does, or with the signal. Each chunk is borrowed until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
  /** How many traces the other side had to drop since the last call, because they were not read fast enough (Tapline says so; Envoy does not). */
  takeLost(): number;
}

/**
 * Attaches to `/tap` of an Envoy or of a Tapline. Both write JSON documents; of a Tapline they come one a line.
 *
 * @throws TaplineError `connection` when there is nobody, `configuration` with the other side's text when it refuses
 */
export async function attachTap({ url, request, token, signal }: AttachOptions): Promise<AttachedTap> {
  const target = parseAdminUrl(url);
  let response: Response;
  try {
    response = await fetch(target, {
      method: "POST",
      headers: { accept: "application/x-ndjson", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(request),
      signal,
    });
  } catch (error) {
    const { cause } = error as { cause?: Error };
    throw new TaplineError(
      "connection",
      `${target.origin} cannot be reached: ${cause?.message ?? (error as Error).message}`,
      {
        hint: "is this the admin listener of a running Envoy or Tapline?",
        cause: error,
      },
    );
  }
  if (response.status !== 200) throw await refusal(response, target);
  const lines = response.headers.get("content-type")?.includes("ndjson") === true ? new NoticeFilter() : undefined;
  return {
    async *chunks() {
      try {
        for await (const chunk of response.body!)
          yield lines === undefined ? (chunk as Uint8Array) : lines.push(chunk as Uint8Array);
      } catch (error) {
        if (!signal.aborted)
          throw new TaplineError("connection", `${target.origin} went away: ${(error as Error).message}`, {
            cause: error,
          });
      }
    },
    takeLost: () => lines?.takeLost() ?? 0,
  };
}

function parseAdminUrl(url: string): URL {
  const target = URL.parse(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`);
  if (target === null || (target.protocol !== "http:" && target.protocol !== "https:"))
    throw new TaplineError("usage", `'${url}' is no address of an admin listener`, { hint: "http://127.0.0.1:9901" });
  if (target.pathname === "/") target.pathname = "/tap";
  return target;
}

async function refusal(response: Response, target: URL): Promise<TaplineError> {
  const text = (await response.text()).trim().slice(0, MAX_TEXT);
  if (response.status === 404)
    return new TaplineError("configuration", `${target.origin} has no /tap`, {
      hint: "a tap with admin_config must be configured there",
    });
  if (response.status === 401)
    return new TaplineError("configuration", `${target.origin} wants a token`, {
      hint: "--token or TAPLINE_ADMIN_TOKEN",
    });
  return new TaplineError("configuration", `${target.origin} refuses (${response.status}): ${text}`);
}

const MAX_TEXT = 2000;

/** Takes the lines that say how many traces were lost out of a stream of documents, one a line. */
class NoticeFilter {
  #rest: Buffer = Buffer.alloc(0);
  #lost = 0;

  /** Gives the whole lines among what came, without notices. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    this.#rest = bytes.subarray(end);
    const lines = bytes.subarray(0, end);
    if (!lines.includes(NOTICE)) return lines;
    const kept: Buffer[] = [];
    for (let at = 0; at < end; ) {
      const next = lines.indexOf(LINE_FEED, at) + 1;
      const line = lines.subarray(at, next);
      if (line.subarray(0, NOTICE.length).equals(NOTICE))
        this.#lost += Number((JSON.parse(line.toString()) as { tapline: { lost_traces: string } }).tapline.lost_traces);
      else kept.push(line);
      at = next;
    }
    return Buffer.concat(kept);
  }

  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}

const LINE_FEED = 0x0a;
const NOTICE = Buffer.from('{"tapline":');
