import { findCommand } from "./commands.ts";
import type { RedisCommand, RedisText } from "./redis-exchange.ts";

/** The command's name in upper case: `SET`. */
export function commandName({ words }: Pick<RedisCommand, "words">): string {
  return wordText(words[0])?.toUpperCase() ?? "";
}

/** With what it does by its first argument, where it has such: `CONFIG GET`. */
export function fullCommandName(command: Pick<RedisCommand, "words">): string {
  const name = commandName(command);
  const action = findCommand(name)?.isContainer ? wordText(command.words[1]) : undefined;
  return action === undefined ? name : `${name} ${action.toUpperCase()}`;
}

/** The first key, or channel, that the command is about. */
export function firstKey(command: Pick<RedisCommand, "words">): RedisText | undefined {
  const { words } = command;
  const name = commandName(command);
  if (name === "XREAD" || name === "XREADGROUP") {
    const streams = words.findIndex((word) => wordText(word)?.toUpperCase() === "STREAMS");
    return streams < 0 ? undefined : words[streams + 1];
  }
  const facts = findCommand(name);
  if (facts === undefined || facts.key === 0) return undefined;
  // A script may have no keys.
  const count = NUMBERED.has(name) ? wordText(words[2]) : undefined;
  return count === "0" ? undefined : words[facts.key];
}

const NUMBERED: ReadonlySet<string> = new Set(["EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"]);

/** A word as text, where it is short: names are. */
export function wordText(word: RedisText | undefined): string | undefined {
  if (word === undefined || word.size > MAX_NAME || word.bytes.length < word.size) return undefined;
  let text = "";
  for (const byte of word.bytes) text += String.fromCharCode(byte);
  return text;
}

const MAX_NAME = 64;
