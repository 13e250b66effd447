/** Writes a HAR 1.2 file piece by piece, in constant memory: `begin`, entries, `end`. What it gives is to be appended. */
export class HarWriter {
  readonly #version: string;
  #entries = 0;

  /** @param version of the program, for the file's `creator` */
  constructor(version: string) {
    this.#version = version;
  }

  begin(): string {
    const creator = JSON.stringify({ name: "Tapline", version: this.#version });
    return `{"log":{"version":"1.2","creator":${creator},"pages":[],"entries":[`;
  }

  /** @param entry as the exchange's codec gives it */
  entry(entry: object): string {
    return `${this.#entries++ === 0 ? "\n" : ",\n"}${JSON.stringify(entry)}`;
  }

  end(): string {
    return "\n]}}\n";
  }
}
