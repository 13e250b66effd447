import { encodePairs, type Pair } from "../../../src/wasm-host/index.ts";
import { encodeProperty, type PropertyValue } from "../../../src/wasm-host/properties.ts";

/** A filter's instance under a host that counts what it is asked, and answers calls with whatever status it is told. */
export class CountedGuest {
  /** By the functions' names without `proxy_`. */
  readonly asked = new Map<string, number>();
  /** Bytes that were handed to the module, and those of the reports that it handed over. */
  given = 0;
  reported = 0;
  readonly logs: { readonly level: number; readonly text: string }[] = [];
  callStatus = 0;
  readonly #exports: WebAssembly.Exports;
  readonly #maps = new Map<number, readonly Pair[]>();
  readonly #properties: Readonly<Record<string, PropertyValue>>;
  readonly #metrics: { readonly name: string; value: number }[] = [];
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(module: WebAssembly.Module, configuration: object, properties: Readonly<Record<string, PropertyValue>>) {
    this.#properties = properties;
    const env = Object.fromEntries(
      WebAssembly.Module.imports(module).map(({ name }) => [name, (...args: number[]) => this.#serve(name, args)]),
    );
    this.#exports = new WebAssembly.Instance(module, { env }).exports;
    this.run("_initialize");
    this.run("proxy_on_context_create", 1, 0);
    this.#buffer = Buffer.from(JSON.stringify(configuration));
    this.run("proxy_on_configure", 1, this.#buffer.length);
  }

  get calls(): number {
    return [...this.asked.values()].reduce((sum, one) => sum + one, 0);
  }

  get memory(): number {
    return (this.#exports["memory"] as WebAssembly.Memory).buffer.byteLength;
  }

  metric(name: string): number {
    return this.#metrics.find((metric) => metric.name === `trace_exporter.${name}`)?.value ?? 0;
  }

  forget(): void {
    this.asked.clear();
    this.given = this.reported = 0;
    this.logs.length = 0;
  }

  run(callback: string, ...args: number[]): number {
    return (this.#exports[callback] as (...args: number[]) => number)(...args);
  }

  /** One exchange with such bodies, in parts of so many bytes. */
  exchange(id: number, headers: readonly Pair[], body: Uint8Array, part: number): void {
    this.run("proxy_on_context_create", id, 1);
    for (const [map, side] of [
      [0, "request"],
      [2, "response"],
    ] as const) {
      this.#maps.set(map, headers);
      this.run(`proxy_on_${side}_headers`, id, headers.length, 0);
      for (let at = 0; at < body.length; at += part) {
        this.#buffer = body.subarray(at, at + part);
        this.run(`proxy_on_${side}_body`, id, this.#buffer.length, 0);
      }
    }
    this.run("proxy_on_log", id);
    this.run("proxy_on_done", id);
    this.run("proxy_on_delete", id);
  }

  #serve(name: string, args: number[]): number {
    const short = name.replace(/^proxy_/, "");
    this.asked.set(short, (this.asked.get(short) ?? 0) + 1);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
    switch (short) {
      case "log":
        this.logs.push({ level: a, text: this.#text(b, c) });
        return 0;
      case "define_metric":
        return this.#write(d, this.#metrics.push({ name: this.#text(b, c), value: 0 }));
      case "increment_metric":
        this.#metrics[a - 1]!.value += Number(b);
        return 0;
      case "get_header_map_pairs":
        return this.#give(encodePairs(this.#maps.get(a) ?? []), b, c);
      case "get_buffer_bytes":
        return this.#give(this.#buffer.subarray(b, b + c), d, e);
      case "get_property": {
        const value = this.#properties[this.#text(a, b).replaceAll("\0", ".")];
        return value === undefined ? 1 : this.#give(encodeProperty(value), c, d);
      }
      case "http_call":
        this.reported += args[5]!;
        return this.callStatus === 0 ? this.#write(args[9]!, 7) : this.callStatus;
      default:
        return short === "set_tick_period_milliseconds" ? 0 : 1;
    }
  }

  #give(bytes: Uint8Array, pointerTo: number, sizeTo: number): number {
    this.given += bytes.length;
    const pointer = bytes.length === 0 ? 0 : this.run("malloc", bytes.length);
    this.#bytes().set(bytes, pointer);
    this.#write(pointerTo, pointer);
    return this.#write(sizeTo, bytes.length);
  }

  #text(pointer: number, size: number): string {
    return Buffer.from(this.#bytes().subarray(pointer, pointer + size)).toString();
  }

  #write(at: number, value: number): 0 {
    new DataView(this.#bytes().buffer).setUint32(at, value, true);
    return 0;
  }

  #bytes(): Uint8Array {
    return new Uint8Array((this.#exports["memory"] as WebAssembly.Memory).buffer);
  }
}
