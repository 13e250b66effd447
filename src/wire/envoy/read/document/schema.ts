import type { Timestamp } from "../../../../model/index.ts";

/**
 * The fields of a message, in the order of their numbers, which is that of their declaration: by them text and JSON are read (into
 * protobuf's binary form) and written. They stand beside the types (`trace.ts`). Connection has the newer layout here.
 */
export interface MessageSchema {
  /** By both of JSON's names. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  readonly inOrder: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | MessageSchema;
  /** The names of an enum's values, in the order of their numbers. */
  readonly values?: readonly string[];
  /**
   * - `repeated`: a list of messages.
   * - `oneof`: not there is not the same as its default.
   * - `new`: came with or after Envoy 1.28, whose predecessors' JSON does not show its default.
   */
  readonly trait?: FieldTrait;
  /** Its value in the message; undefined where it is not set. */
  readonly get: Getter;
}

export type ScalarType = "uint32" | "uint64" | "seconds" | "nanos" | "bool" | "enum" | "string" | "bytes";
export type FieldTrait = "repeated" | "oneof" | "new";
export type Getter = (message: never) => unknown;

type Row<Message> = readonly [
  declaration: string,
  /** A function of its own for each field: one that took the field's name would be slow. */
  get: (message: Message) => unknown,
  detail?: MessageSchema | readonly string[],
];

/**
 * Fields as `name=number type trait`, without a type for messages, whose schema stands behind, as an enum's values do.
 */
export function message<Message = unknown>(...rows: readonly Row<Message>[]): MessageSchema {
  const byName = new Map<string, FieldSchema>();
  const inOrder = rows.map(([declaration, get, detail]): FieldSchema => {
    const [, name = "", number, scalar, trait] = DECLARATION.exec(declaration) ?? [];
    return {
      name,
      number: Number(number),
      type: scalar === undefined ? (detail as MessageSchema) : (scalar as ScalarType),
      ...(scalar === "enum" && { values: detail as readonly string[] }),
      ...(trait !== undefined && { trait: trait as FieldTrait }),
      get: get as Getter,
    };
  });
  for (const field of inOrder) {
    byName.set(field.name, field);
    byName.set(camelCase(field.name), field);
  }
  return { fields: byName, inOrder };
}

const DECLARATION = /^(\w+)=(\d+)(?: (uint32|uint64|seconds|nanos|bool|enum|string|bytes))?(?: (repeated|oneof|new))?$/;

/** `google.protobuf.Timestamp`, which JSON has as a string. */
export const TIMESTAMP = message<Timestamp>(
  ["seconds=1 seconds", (time) => time.seconds],
  ["nanos=2 nanos", (time) => time.nanos],
);

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
