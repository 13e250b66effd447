import type { LedgerReason } from "../../../model/index.ts";
import type { AnalysisContext } from "../../protocol-analyzer.ts";
import type { SectionCollector } from "./section-collector.ts";

/** Settles one direction's bytes in the ledger. Those of a head wait until it is whole: it may yet turn out to be none. */
export class MessageBooks {
  readonly #context: AnalysisContext;
  readonly #section: SectionCollector;
  /** Bytes that were consumed and not settled. */
  #unsettled = 0;
  /** Bytes among them that were settled as truncated. */
  #truncated = 0;

  constructor(context: AnalysisContext, section: SectionCollector) {
    this.#context = context;
    this.#section = section;
  }

  /** @param headBytes how many at the end belong to a head that is not whole */
  settle(consumed: number, headBytes: number): void {
    const { bytes } = this.#context;
    const settled = consumed + this.#unsettled - headBytes;
    this.#unsettled = headBytes;
    const cut = headBytes > 0 ? 0 : this.#section.takeCutBytes();
    if (cut > 0) bytes.settleTruncated("head-limit", cut);
    bytes.settleHandled(settled - cut - this.#truncated);
    this.#truncated = 0;
  }

  /** Where nothing of bodies is to be kept, because they are shown as they pass, nothing is lost. */
  cutBody(reason: LedgerReason, size: number): void {
    const { limits, observesStreams, bytes } = this.#context;
    if (observesStreams && limits.bodyBytes === 0) return;
    this.#truncated += size;
    bytes.settleTruncated(reason, size);
  }

  /** The message is given up. @param isTold its head, as far as it goes, is handed on */
  breakOff(isTold: boolean): void {
    const { bytes } = this.#context;
    const cut = this.#section.takeCutBytes();
    const unsettled = this.#unsettled;
    this.#unsettled = 0;
    if (!isTold) {
      this.skip(unsettled);
      return;
    }
    if (cut > 0) bytes.settleTruncated("head-limit", cut);
    bytes.settleHandled(unsettled - cut);
  }

  skip(size: number): void {
    if (size > 0) this.#context.bytes.settleSkipped("not-http", size);
  }
}
