import { type ClientRequest, request } from "node:http";

const TAP = `config_id: ID
tap_config:
  match: { any_match: true }
  output_config: { streaming: true, sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ] }`;

/** A reader of `/tap`, who leaves in the middle and is followed by another one. */
export class TapReader {
  readonly #port: number;
  readonly #configId: string;
  #current: ClientRequest | undefined;
  #replacing: Promise<void> = Promise.resolve();

  constructor(port: number, configId: string) {
    this.#port = port;
    this.#configId = configId;
  }

  /** Resolves when the next one has been answered. One at a time: there is one reader. */
  replace(): Promise<void> {
    this.#replacing = this.#replacing.then(() => this.#replace());
    return this.#replacing;
  }

  async #replace(): Promise<void> {
    await this.#leave();
    const sent = request({ port: this.#port, host: "127.0.0.1", method: "POST", path: "/tap", agent: false });
    this.#current = sent;
    await new Promise<void>((resolve) => {
      sent.on("response", (response) => {
        response.on("error", () => {}).resume();
        resolve();
      });
      sent.on("error", () => resolve()).end(TAP.replace("ID", this.#configId));
    });
  }

  leave(): Promise<void> {
    this.#replacing = this.#replacing.then(() => this.#leave());
    return this.#replacing;
  }

  async #leave(): Promise<void> {
    const leaving = this.#current;
    this.#current = undefined;
    if (leaving === undefined || leaving.closed) return;
    await new Promise((resolve) => leaving.once("close", resolve).destroy());
  }
}
