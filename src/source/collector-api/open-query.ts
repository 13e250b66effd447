import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { TaplineError } from "../../model/index.ts";
import { type Input, openInput } from "../capture-file/input.ts";

export interface CollectorQuery {
  /** The collector: `http://127.0.0.1:9004`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly filter: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly limit: number;
  readonly order: "newest" | "oldest";
}

/**
 * Asks a collector for what matches: documents, as NDJSON, as they come.
 * @throws TaplineError `connection` where it cannot be reached, `usage` for what it refuses
 */
export async function openQuery({ url, token, ...query }: CollectorQuery): Promise<Input> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const response = await ask(new URL(`api/v1/documents?${parameters}`, `${url.replace(/\/$/, "")}/`), token);
  if (!response.ok) throw await refusal(response);
  return openInput("-", { stdin: Readable.fromWeb(response.body as ReadableStream), headBytes: 1 });
}

async function ask(address: URL, token: string | undefined): Promise<Response> {
  try {
    return await fetch(address, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  } catch (cause) {
    throw new TaplineError("connection", `no collector answers at ${address.origin}`, {
      hint: "tapline collector, or tapline up; --url says where it is",
      cause,
    });
  }
}

async function refusal(response: Response): Promise<TaplineError> {
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string; hint?: string } };
  const message = answer.error?.message ?? `the collector answers ${response.status}`;
  const hint = response.status === 401 ? "--token, or TAPLINE_TOKEN" : answer.error?.hint;
  return new TaplineError("usage", message, hint === undefined ? {} : { hint });
}
