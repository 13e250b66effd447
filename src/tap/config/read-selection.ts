import { PERSONAL_CLASSES, type PersonalClass } from "../../analysis/redaction/index.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { OutputConfig, Sampling, TraceRedaction, TraceSelection } from "./tap-config.ts";
import type { TapSite } from "./tap-site.ts";

// `sample` and `redact` are ours.

const SAMPLE = {
  name: "sample",
  fields: ["rate", "max_per_second", "keep_errors", "keep_slower_than"],
} as const satisfies MessageShape<string>;

const REDACT = {
  name: "redact",
  fields: ["headers", "names", "except", "pii"],
} as const satisfies MessageShape<string>;

export interface Selection {
  readonly sampling?: Sampling;
  readonly selection?: TraceSelection;
}

/** Reads `sample`. Throws TaplineError (`configuration`). */
export function readSample(node: DocumentNode, output: OutputConfig, { watches }: TapSite): Selection {
  const message = new MessageReader(node, SAMPLE);
  const rate = message.number("rate", { least: 0, most: 1 });
  const maxPerSecond = message.number("max_per_second", { least: 0, most: 1e9 });
  const keepErrors = message.bool("keep_errors");
  const keepSlowerThanMillis = message.durationMillis("keep_slower_than");
  if (maxPerSecond === 0) refuse(message.placeOf("max_per_second"), "max_per_second: value must be greater than 0");
  if (rate === undefined && maxPerSecond === undefined)
    refuse(
      node.place,
      "sample: expected rate, max_per_second or both",
      "without either, everything that matches is recorded, errors and slow ones too",
    );
  const field = keepErrors ? "keep_errors" : keepSlowerThanMillis === undefined ? undefined : "keep_slower_than";
  if (field !== undefined && watches.includes("socket"))
    refuse(
      message.placeOf(field),
      `${field}: a transport socket sees connections, not what became of requests`,
      "use the HTTP tap filter",
    );
  if (field !== undefined && output.streaming)
    refuse(
      message.placeOf(field),
      `${field}: what became of a request is known when it has ended, and a streamed trace is sent before`,
      "leave streaming out",
    );
  const hasSelection = maxPerSecond !== undefined || field !== undefined;
  return {
    ...(rate !== undefined && { sampling: toSampling(rate, message) }),
    ...(hasSelection && {
      selection: {
        keepErrors,
        ...(maxPerSecond !== undefined && { maxPerSecond }),
        ...(keepSlowerThanMillis !== undefined && { keepSlowerThanMillis }),
      },
    }),
  };
}

/** A rate as Envoy writes it, so that a trace can say it. */
function toSampling(rate: number, message: MessageReader<"rate">): Sampling {
  for (const denominator of [100, 10_000, 1_000_000] as const) {
    const numerator = Math.round(rate * denominator);
    if (Math.abs(numerator - rate * denominator) < 1e-6) return { numerator, denominator };
  }
  return refuse(message.placeOf("rate"), "rate: expected at most six digits after the point");
}

/** Reads `redact`: true, or what to redact beside the default. Throws TaplineError (`configuration`). */
export function readRedact(node: DocumentNode, output: OutputConfig, { watches }: TapSite): TraceRedaction | undefined {
  if (node.kind === "scalar" && node.value === false) return undefined;
  const isDefault = node.kind === "scalar" && node.value === true;
  if (watches.includes("socket"))
    refuse(
      node.place,
      "redact: a transport socket records bytes, in which secrets cannot be found for sure",
      "use the HTTP tap filter",
    );
  if (output.streaming && (output.maxBufferedRxBytes > 0 || output.maxBufferedTxBytes > 0))
    refuse(
      node.place,
      "redact: a secret may be split between two chunks of a streamed body",
      "leave streaming out, or record no bodies: max_buffered_rx_bytes: 0, max_buffered_tx_bytes: 0",
    );
  if (isDefault) return { headers: [], names: [], except: [], pii: [] };
  const message = new MessageReader(node, REDACT);
  return {
    headers: message.strings("headers"),
    names: message.strings("names"),
    except: message.strings("except"),
    pii: readClasses(message),
  };
}

/** All of them, or some. */
function readClasses(message: MessageReader<"pii">): readonly PersonalClass[] {
  const node = message.node("pii");
  if (node?.kind === "scalar" && typeof node.value === "boolean") return node.value ? PERSONAL_CLASSES : [];
  return message.strings("pii").map((name, index) => {
    const known = PERSONAL_CLASSES.find((one) => one === name);
    if (known !== undefined) return known;
    const { place } = message.list("pii")[index]!;
    return refuse(place, `pii: there is no class ${name}`, PERSONAL_CLASSES.join(", "));
  });
}
