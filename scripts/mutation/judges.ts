/**
 * The tests that judge faults put into a folder, after those beside its sources: what holds it against foreign data and programs. Those that cost most come
 * last, be they beside the sources or not. Folders that are not here have none.
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
    "test/shared/http2-frames.test.ts",
    "test/http2-late-join.test.ts",
  ],
  "src/analysis/reassembly": [
    "test/shared/findings.test.ts",
    "src/analysis/reassembly/reassembly-properties.test.ts",
    "test/packet-loss.test.ts",
  ],
  "src/analysis/redaction": [
    "src/analysis/redaction/content/json-text.test.ts",
    "src/analysis/redaction/redactor.test.ts",
    "src/analysis/redaction/formats/find-logins.test.ts",
  ],
};

/**
 * Tests beside the sources that judge nothing here: that work stays linear, which takes seconds for each mutant, and that nothing is judged twice, where
 * everything is forgotten (forgetful.ts).
 */
export const NO_JUDGES: readonly string[] = [
  "src/analysis/redaction/linear-redaction.test.ts",
  "src/analysis/redaction/names/judged-names.test.ts",
];

/** Which part of what tests repeat is repeated for each mutant, where it is not a tenth: what its judges repeat is long. */
export const SHARES: Readonly<Record<string, string>> = { "src/analysis/redaction": "0.03" };
