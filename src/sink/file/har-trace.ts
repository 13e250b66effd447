import { harEntry } from "../../analysis/http/har/har-entry.ts";
import type { HttpExchange, Submission } from "../../model/index.ts";
import type { TraceSinkHandle } from "../../tap/index.ts";
import type { PacedDecoder } from "../content/paced-decoder.ts";
import type { TraceOutput } from "./trace-output.ts";

/**
 * An HTTP trace as an entry of a HAR file. A message that tells of no exchange (of another kind of trace) is lost. Coded bodies are
 * decoded, and their entries written, beside the traffic: such an entry is appended later, and its loss is counted by the file alone.
 */
export class HarTrace implements TraceSinkHandle {
  readonly #output: TraceOutput;
  readonly #decoder: PacedDecoder;
  #underWay = 0;
  #isClosed = false;

  constructor(output: TraceOutput, decoder: PacedDecoder) {
    this.#output = output;
    this.#decoder = decoder;
  }

  submit(): Submission {
    return NO_EXCHANGE;
  }

  submitExchange(exchange: HttpExchange): Submission {
    let submission: Submission = "taken";
    this.#underWay++;
    this.#decoder.submit(exchange, (decoded, entry = Buffer.from(JSON.stringify(harEntry(decoded)))) => {
      this.#underWay--;
      submission = this.#output.append(entry);
      if (this.#isClosed) this.close();
    });
    return submission;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#underWay === 0) this.#output.finish();
  }
}

const NO_EXCHANGE: Submission = { dropped: "no-exchange" };
