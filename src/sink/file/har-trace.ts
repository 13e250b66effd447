import { decodeBodies } from "../../analysis/content/decode-bodies.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { harEntry } from "../../analysis/http/har-entry.ts";
import type { TraceFacts, TraceSinkHandle } from "../../tap/index.ts";
import type { TraceWrapper } from "../../wire/envoy/index.ts";
import type { TraceOutput } from "./trace-output.ts";

/** An HTTP trace as an entry of a HAR file. A message that tells of no exchange (of another kind of trace) is lost. */
export class HarTrace implements TraceSinkHandle {
  readonly #output: TraceOutput;

  constructor(output: TraceOutput) {
    this.#output = output;
  }

  submit(_wrapper: TraceWrapper, facts: TraceFacts = {}): boolean {
    if (facts.exchange === undefined) return false;
    const entry = harEntry(decodeBodies(facts.exchange(), decodeContent));
    return this.#output.append(Buffer.from(JSON.stringify(entry)));
  }

  close(): void {
    this.#output.finish();
  }
}
