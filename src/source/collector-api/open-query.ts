import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type Input, openInput } from "../capture-file/input.ts";
import { askCollector, type CollectorAddress } from "./ask-collector.ts";

export interface CollectorQuery extends CollectorAddress {
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
  const response = await askCollector({ url, token }, "documents", query);
  const input = await openInput("-", { stdin: Readable.fromWeb(response.body as ReadableStream), headBytes: 1 });
  return Object.assign(input, { family: "ndjson" as const });
}
