/**
 * The tests that judge faults put into a folder, besides those beside its sources: what holds it against foreign data and programs.
 * Folders that are not here have none.
 */
export const JUDGES: Readonly<Record<string, readonly string[]>> = {
  "src/wire/http1": [
    "src/analysis/http/http1/*.test.ts",
    "src/analysis/unanswered.test.ts",
    "test/http-packets.test.ts",
    "test/shared/llhttp.test.ts",
    "test/shared/findings.test.ts",
  ],
  "src/wire/hpack": ["test/shared/hpack-stories.test.ts"],
  "src/wire/http2": [
    "src/analysis/http/http2/*.test.ts",
    "test/foreign-protocols.test.ts",
    "test/http2-late-join.test.ts",
    "test/shared/http2-frames.test.ts",
  ],
  "src/analysis/reassembly": ["test/packet-loss.test.ts", "test/shared/findings.test.ts"],
  "src/analysis/redaction": ["test/redaction-shapes.test.ts"],
};
