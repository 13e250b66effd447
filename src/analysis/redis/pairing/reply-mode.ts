import { commandName, wordText } from "../command-words.ts";
import type { RedisCommand } from "../redis-exchange.ts";

/** Which commands are answered: CLIENT REPLY switches that, and a replica's acknowledgements never are. */
export class ReplyMode {
  #mode: "on" | "off" | "skip-next" = "on";

  /** Whether the server replies to this one, which is the next. */
  answers(command: RedisCommand): boolean {
    const [first, second, third] = command.words.slice(0, 3).map((word) => wordText(word)?.toUpperCase());
    if (first === "REPLCONF" && (second === "ACK" || second === "GETACK")) return false;
    const change = first === "CLIENT" && second === "REPLY" ? third : undefined;
    if (change === "ON") {
      this.#mode = "on";
      return true;
    }
    if (this.#mode === "off") return false;
    if (change === "OFF") this.#mode = "off";
    else if (change === "SKIP") this.#mode = "skip-next";
    else if (this.#mode === "skip-next") this.#mode = "on";
    else return true;
    return false;
  }

  /** RESET ends every mode. */
  reset(): void {
    this.#mode = "on";
  }
}

/** After these the connection carries something else than commands and replies. */
export function startsReplication(command: RedisCommand): boolean {
  const name = commandName(command);
  return name === "SYNC" || name === "PSYNC";
}
