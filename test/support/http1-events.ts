import { type BodyOverride, Http1Parser, type MessageHandler } from "../../src/wire/http1/index.ts";

/** Everything that a tolerant parser tells of the pieces of one input: a line each; positions are left out, bodies joined. */
export function record(
  kind: "request" | "response",
  pieces: readonly Uint8Array[],
  override: BodyOverride = "none",
): string[] {
  const events: string[] = [];
  const input = Buffer.concat(pieces);
  const parser = new Http1Parser({ kind, strict: false, handler: recorder(events, () => input, override) });
  let consumed = 0;
  for (const piece of pieces) {
    consumed += parser.push(piece);
    if (parser.paused || parser.failed) break;
  }
  if (parser.paused) events.push(`paused ${input.length - consumed}`);
  return events;
}

/** @param input everything that was pushed: spans are positions in it */
export function recorder(events: string[], input: () => Uint8Array, override: BodyOverride = "none"): MessageHandler {
  const text = (start: number, end: number) => Buffer.from(input().subarray(start, end)).toString("utf8");
  let name = "";
  let value = "";
  return {
    messageBegin() {},
    span(element, start, end) {
      if (element === "method" || element === "target" || element === "version" || element === "reason")
        events.push(`${element} ${text(start, end)}`);
      else if (element === "fieldName") name = text(start, end);
      else if (element === "fieldValue") value = text(start, end).replaceAll("\r\n", " ");
    },
    complete(element) {
      if (element === "fieldValue") events.push(`${name}: ${value}`);
    },
    headersComplete() {
      events.push("head");
      return override;
    },
    body(data, start, end) {
      const piece = Buffer.from(data.subarray(start, end)).toString("utf8");
      if (events.at(-1)?.startsWith("body ")) events[events.length - 1] += piece;
      else events.push(`body ${piece}`);
    },
    chunkHeader: (_at, size) => events.push(`chunk ${size}`),
    chunkComplete() {},
    messageComplete: () => events.push("end"),
    violation: (problem) => events.push(`!${problem}`),
    failure: (code, _reason, at) => events.push(`${code} at ${at}`),
  };
}
