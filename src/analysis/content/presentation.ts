import type { Redactor } from "../redaction/index.ts";
import type { ContentAllowance } from "./content-allowance.ts";
import type { ContentDecoder, DecompressionLimits } from "./decode-bodies.ts";

/** How exchanges are made fit to be seen. */
export interface Presentation {
  readonly decode: ContentDecoder;
  /** How much may come out of it; default those of the analysis. */
  readonly limits?: DecompressionLimits;
  /** Bodies are shown: what decoding them met is among the problems. Where they are not, nothing is decoded to find out. */
  readonly showsBodies?: boolean;
  /** Bounds what is searched and shown of bodies and messages: for where traffic passes. */
  readonly allowance?: ContentAllowance | undefined;
  /** Absent: nothing is redacted. */
  readonly redactor: Redactor | undefined;
}
