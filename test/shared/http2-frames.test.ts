import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodeFrame, FrameParser, isFrameError, nameErrorCode, PREFACE } from "../../src/wire/http2/index.ts";
import { FrameRecorder } from "../support/frame-recorder.ts";
import { sharedData } from "../support/needs.ts";

const { path, skip } = sharedData("corpora/http2-frames");
const latin1 = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");

describe("HTTP/2 frames", { skip }, () => {
  for (const file of skip === false ? readdirSync(path, { recursive: true }) : []) {
    if (!String(file).endsWith(".json")) continue;
    const { error, wire, frame, description } = JSON.parse(readFileSync(join(path, String(file)), "utf8"));
    const bytes = new Uint8Array(Buffer.from(wire, "hex"));

    test(`${file}: ${description}`, () => {
      const decoded = decodeFrame(bytes);
      if (error !== null) {
        assert.ok(isFrameError(decoded), "an error is found");
        assert.ok(error.includes(decoded.errorCode), `${nameErrorCode(decoded.errorCode)}: ${decoded.message}`);
        return;
      }
      assert.ok(!isFrameError(decoded));
      const { payload, ...header } = decoded;
      assert.deepEqual(header, {
        type: frame.type,
        flags: frame.flags,
        streamId: frame.stream_identifier,
        length: frame.length,
      });
      for (const [name, value] of Object.entries(frame.frame_payload))
        assert.deepEqual(readField(payload as never, name), value, name);
    });

    test(`${file}: the same verdict at every split`, () => {
      for (let at = 0; at <= bytes.length; at++) {
        const recorder = new FrameRecorder();
        const parser = new FrameParser(recorder, { fromStart: true });
        for (const part of [PREFACE, bytes.subarray(0, at), bytes.subarray(at)])
          if (part.length > 0) parser.push(part, { seconds: 0, nanos: 0 });
        const violations = recorder.lines.filter((line) => line.startsWith("violation"));
        if (error === null) assert.deepEqual(violations, [], `split at ${at}`);
        else
          assert.ok(
            error.some((code: number) => violations[0]?.startsWith(`violation ${nameErrorCode(code)} `)),
            `split at ${at}: ${recorder.lines}`,
          );
      }
    });
  }
});

/** The corpus's field `name`, from our decoded payload. */
function readField(payload: Record<string, never>, name: string): unknown {
  const priority = payload["priority"] as { dependency: number; weight: number; exclusive: boolean } | undefined;
  const isPriorityFrame = payload["kind"] === "priority";
  switch (name) {
    case "header_block_fragment":
      return latin1(payload["block"]);
    case "data":
      return latin1(payload["data"]);
    case "padding":
      return isPriorityFrame ? null : (latin1(payload["padding"]) ?? null);
    case "padding_length":
      return isPriorityFrame ? null : ((payload["padding"] as Uint8Array | undefined)?.length ?? null);
    case "stream_dependency":
      return priority?.dependency ?? null;
    case "weight":
      return priority === undefined ? null : priority.weight + 1;
    case "exclusive":
      return priority?.exclusive ?? null;
    case "error_code":
      return payload["errorCode"];
    case "last_stream_id":
      return payload["lastStreamId"];
    case "additional_debug_data":
      return latin1(payload["debugData"]);
    case "opaque_data":
      return latin1(payload["opaque"]);
    case "promised_stream_id":
      return payload["promisedStreamId"];
    case "settings":
      return payload["settings"];
    case "window_size_increment":
      return payload["increment"];
    default:
      return assert.fail(`an unknown field of the corpus: ${name}`);
  }
}
