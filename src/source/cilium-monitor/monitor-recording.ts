import type { FlowEvent, Ledger } from "../../model/index.ts";
import { FlowEventReader, readJsonEvent } from "../../wire/cilium/index.ts";
import { type MonitorHandler, MonitorReader } from "./monitor-reader.ts";

export interface RecordingOptions {
  readonly ledger: Ledger;
  readonly flow: (event: FlowEvent) => void;
  readonly problem: (message: string, line?: number) => void;
}

/**
 * Reads a recording of Cilium's monitor (a gob session, lines of hexadecimal, or of `cilium monitor -j`) as flow events. Every
 * message is a record: handled, skipped as `undecoded` or `not-a-message`, dropped as `damaged`, or cut off by the recording's end.
 */
export function createRecordingReader({ ledger, flow, problem }: RecordingOptions) {
  const book = ledger.book("records");
  const flows = new FlowEventReader({ dialect: "auto" });
  const take = (event: FlowEvent | string | undefined, wrong: string): void => {
    book.enter(1);
    if (event === undefined || typeof event === "string") {
      book.settleSkipped("undecoded", 1);
      problem(`a message cannot be decoded: ${event ?? wrong}`);
      return;
    }
    book.settleHandled(1);
    flow(event);
  };
  const handler: MonitorHandler = {
    payload: (payload) => take(flows.read(payload), ""),
    json: (value) => take(readJsonEvent(value), "this is no event of the monitor"),
    problem: (line, message) => {
      book.enter(1);
      book.settleSkipped("not-a-message", 1);
      problem(`this line ${message}`, line);
    },
    damage: (message) => {
      book.enter(1);
      book.settleDropped("damaged", 1);
      problem(`a message is damaged: ${message}`);
    },
  };
  const reader = new MonitorReader(handler, { looksAhead: true });
  let broken: string | undefined;
  return {
    push(chunk: Uint8Array): void {
      broken ??= reader.push(chunk);
    },
    end(): void {
      broken ??= reader.finish();
      if (broken === undefined) return;
      book.enter(1);
      book.settleTruncated("end-of-stream", 1);
      problem(`the recording ends with: ${broken}`);
    },
  };
}
