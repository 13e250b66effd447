import type { Redactor } from "../redaction/index.ts";
import type { ContentDecoder } from "./decode-bodies.ts";

/** How exchanges are made fit to be seen. */
export interface Presentation {
  readonly decode: ContentDecoder;
  /** Absent: nothing is redacted. */
  readonly redactor: Redactor | undefined;
}
