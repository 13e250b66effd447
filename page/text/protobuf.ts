import { createFileRegistry, type DescMessage, type FileRegistry, fromBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Lines, and messages inside of one another, that are shown of a message without a descriptor. */
const [MAX_LINES, MAX_DEPTH] = [2000, 32];

/**
 * The types of a descriptor set, as `protoc --descriptor_set_out=FILE --include_imports` and `buf build -o FILE` write it.
 * @throws Error that says what is wrong with it
 */
export function readDescriptors(bytes: Uint8Array): FileRegistry {
  let registry: FileRegistry;
  try {
    registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  } catch (error) {
    throw new Error(
      `this is no descriptor set: ${(error as Error).message} (protoc --include_imports --descriptor_set_out=FILE)`,
    );
  }
  for (const _ of registry.files) return registry;
  throw new Error("this descriptor set describes no file");
}

/** The type of a message of a gRPC call. @param path `/package.Service/Method` */
export function messageTypeOf(
  registry: FileRegistry,
  path: string,
  from: "client" | "server",
): DescMessage | undefined {
  const [, service = "", name = ""] = path.split("/");
  const method = registry.getService(service)?.methods.find((one) => one.name === name);
  return from === "client" ? method?.input : method?.output;
}

/** As JSON, as its type says; undefined where it is no such message. */
export function describeAs(type: DescMessage, registry: FileRegistry, bytes: Uint8Array): string | undefined {
  try {
    return toJsonString(type, fromBinary(type, bytes), { registry, prettySpaces: 2, alwaysEmitImplicit: false });
  } catch {
    return undefined;
  }
}

/** The fields by their numbers, as `protoc --decode_raw` shows them, where no type is known; undefined where it is no message of Protobuf. */
export function describeFields(bytes: Uint8Array): string | undefined {
  const lines = new Lines();
  return addFields(bytes, "", lines, 0) ? lines.text : undefined;
}

/** The first `MAX_LINES`, and how many there are. */
class Lines {
  #first: string[] = [];
  #count = 0;

  get text(): string {
    const more = this.#count - this.#first.length;
    return [...this.#first, ...(more > 0 ? [`… ${more} lines more`] : [])].join("\n");
  }

  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    if (this.#count++ < MAX_LINES) this.#first.push(line);
  }

  /** Takes back all behind the first `count`. */
  cut(count: number): void {
    this.#count = count;
    if (this.#first.length > count) this.#first.length = count;
  }
}

/** Whether all of it is fields. */
function addFields(bytes: Uint8Array, indent: string, lines: Lines, depth: number): boolean {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      switch (type) {
        case WireType.Varint:
          lines.add(`${indent}${field}: ${reader.uint64()}`);
          break;
        case WireType.Bit64:
          lines.add(`${indent}${field}: 0x${BigInt(reader.fixed64()).toString(16).padStart(16, "0")}`);
          break;
        case WireType.Bit32:
          lines.add(`${indent}${field}: 0x${reader.fixed32().toString(16).padStart(8, "0")}`);
          break;
        case WireType.LengthDelimited:
          addLengthDelimited(field, reader.bytes(), indent, lines, depth);
          break;
        default:
          return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** A text, a message, or bytes: nothing says which, and the first that fits is shown. */
function addLengthDelimited(field: number, bytes: Uint8Array, indent: string, lines: Lines, depth: number): void {
  const text = plainText(bytes);
  if (text !== undefined) {
    lines.add(`${indent}${field}: ${JSON.stringify(text)}`);
    return;
  }
  const before = lines.count;
  lines.add(`${indent}${field} {`);
  if (depth < MAX_DEPTH && addFields(bytes, `${indent}  `, lines, depth + 1)) {
    lines.add(`${indent}}`);
    return;
  }
  lines.cut(before);
  const digits = Array.from(bytes.subarray(0, 64), (byte) => byte.toString(16).padStart(2, "0")).join("");
  lines.add(`${indent}${field}: 0x${digits}${bytes.length > 64 ? `… (${bytes.length} bytes)` : ""}`);
}

function plainText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
