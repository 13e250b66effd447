import type { Application, Body, Exchange, ExchangeKind, ExchangeKinds, Header, Outcome } from "../../model/index.ts";
import type { Telemetry, TelemetryOptions } from "../../wire/telemetry/index.ts";
import type { Presentation } from "../content/presentation.ts";
import type { NameEvidence } from "../identity/name-evidence.ts";
import type { ProtocolDetector } from "../protocol-detector.ts";
import type { DocumentCodec } from "./document-codec.ts";
import type { ExchangeCells } from "./exchange-cells.ts";
import type { DetailOptions, ExchangeDetail, Fact } from "./exchange-details.ts";
import type { HarCodec } from "./har-codec.ts";
import type { KindAttribute } from "./kind-attribute.ts";

/**
 * All that is known of one kind of exchange: whoever needs to know more of an exchange than `ExchangeBase` has asks its row
 * (`rowOf`), and nothing else asks for the kind. Pure functions, called once or more for each exchange that is shown.
 */
export interface ProtocolRow<Kind extends ExchangeKind = ExchangeKind, Of extends Exchange = ExchangeKinds[Kind]> {
  readonly kind: Kind;
  /** Describes the kind in one line for the documentation. */
  readonly doc: string;
  /** The values of `protocol` in its exchanges: `h2`, `http/1.1`. */
  readonly protocols: RegExp;
  /** Detectors that recognise it and make its analyzers, in the order of asking. Empty where nothing has to be recognised. */
  readonly detectors: readonly ProtocolDetector[];
  /** Words of the filter language that stand for conditions, beside the kind itself (`redis`), and those conditions in CEL. */
  readonly shortForms: Readonly<Record<string, string>>;
  /** Names of the filter language that exchanges of this kind have beside those of all kinds. */
  readonly attributes: readonly KindAttribute<Of>[];
  /** The operation as a list shows it: `GET /cart`, `SET key`, `A example.com`. Few different ones: no query, no numbers of calls. */
  operation(exchange: Of): string;
  /** The outcome; undefined where the traffic seen does not tell. */
  outcome(exchange: Of): Outcome | undefined;
  /** Bytes on the wire, as the protocol counts them; a side that was never seen is absent. */
  sizes(exchange: Of): ExchangeSizes;
  /** Hints in the exchange at who asked, who answered, and the trace that it is part of. */
  evidence(exchange: Of): NameEvidence;
  /**
   * All that runs inside it, from the outside in, where bodies tell more than `exchange.application` has from the heads: looked for when it
   * is asked for. Absent: nothing more is.
   */
  applications?(exchange: Of): readonly Application[];
  /** The cells of a list. */
  cells(exchange: Of): ExchangeCells;
  /** The lines below it in a longer view. */
  details(exchange: Of, options: DetailOptions): readonly ExchangeDetail[];
  /** Numbers that tell it from others on its connection. */
  facts(exchange: Of): readonly Fact[];
  /**
   * The exchange as people may see it: content codings undone, and everything that may hold a secret gone through the redactor, if
   * there is one. What the exchange has need not be copied; parts may be made when they are first asked for.
   */
  present(exchange: Of, presentation: Presentation): Of;
  /** The exchange with other bodies; absent where its kind has none that may be coded. */
  replaceBodies?(exchange: Of, replace: (body: Body, headers: readonly Header[]) => Body): Of;
  /** The report of it that a trace exporter makes; absent where such reports have no place for its kind. Bodies are borrowed. */
  report?(exchange: Of, options: TelemetryOptions): Telemetry;
  /** Its documents: NDJSON, `--send`, the page. */
  readonly document: DocumentCodec<Of>;
  /** Its entries in a HAR file, or why it has none. */
  readonly har: HarCodec<Of> | string;
}

export interface ExchangeSizes {
  readonly request?: number;
  readonly response?: number;
}
