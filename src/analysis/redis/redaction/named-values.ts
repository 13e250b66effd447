import { commandName, firstKey, fullCommandName } from "../command-words.ts";
import type { QueuedCommand } from "../redis-exchange.ts";
import { plainText } from "../value-text.ts";

/** Names for the words of a command and the values of its reply: they tell whether these are secrets. */
export interface NamedValues {
  /** By the word's position: a key, a field, a setting. */
  readonly words: ReadonlyMap<number, string>;
  /** Words that are secrets whatever they are called, and what kind of secret. */
  readonly secrets: ReadonlyMap<number, string>;
  readonly reply: ReplyNames;
}

/**
 * `named`: the value of this, or the values of these in their order. `pairs`: names and values in turn; `scan`: behind a cursor;
 * `entries`: in lists of their own, at any depth. `secret`: as a whole. `rules`: users' rules, with hashes of passwords.
 * `commands`: entries that have commands in them.
 */
export type ReplyNames =
  | { readonly kind: "named"; readonly names: string | readonly string[] }
  | { readonly kind: "plain" | "pairs" | "scan" | "entries" | "secret" | "rules" | "commands" };

export function namedValues(command: QueuedCommand): NamedValues {
  const texts = command.words.map((word) => (word.size <= MAX_NAME ? plainText(word) : undefined));
  const name = commandName(command);
  const fullName = fullCommandName(command);
  return {
    words: nameWords(command, name, texts),
    secrets: findSecrets(command, name, fullName, texts),
    reply: nameReply(command, name, fullName, texts),
  };
}

/** A longer word is no name. */
const MAX_NAME = 512;

type Texts = readonly (string | undefined)[];

function nameWords(command: QueuedCommand, name: string, texts: Texts): ReadonlyMap<number, string> {
  const words = new Map<number, string>();
  const at = (position: number): string => texts[position] ?? "";
  /** Names and values in turn. */
  const pairFrom = (first: number): void => {
    for (let position = first; position < texts.length; position += 2) words.set(position + 1, at(position));
  };
  const first = FIRST_NAME.get(name);
  const key = firstKey(command);
  if (first !== undefined) pairFrom(first);
  else if (name === "SENTINEL" && at(1).toUpperCase() === "SET") pairFrom(3);
  else if (name === "XADD") {
    const id = texts.findIndex((text, position) => position > 1 && text !== undefined && STREAM_ID.test(text));
    if (id > 0) pairFrom(id + 1);
  } else if (name === "HSETEX") pairFrom(fieldsAt(texts));
  else if (name === "JSON.SET" || name === "JSON.MERGE") words.set(3, `${at(1)}:${at(2)}`);
  else if (name === "JSON.MSET")
    for (let position = 1; position < texts.length; position += 3)
      words.set(position + 2, `${at(position)}:${at(position + 1)}`);
  else if (VALUES_AFTER_KEY.has(name))
    for (let position = 2; position < texts.length; position++) words.set(position, at(1));
  else if (SCRIPTS.has(name) && key !== undefined)
    for (let position = argumentsAt(at(2)); position < texts.length; position++) words.set(position, plainText(key));
  return words;
}

function findSecrets(
  command: QueuedCommand,
  name: string,
  fullName: string,
  texts: Texts,
): ReadonlyMap<number, string> {
  const secrets = new Map<number, string>();
  if (name === "AUTH") secrets.set(command.count - 1, "password");
  const upper = texts.map((text) => text?.toUpperCase());
  const credentials = upper.findIndex((word, position) => position > 0 && (word === "AUTH" || word === "AUTH2"));
  if (credentials > 0 && (name === "HELLO" || name === "MIGRATE"))
    secrets.set(credentials + (upper[credentials] === "AUTH" && name === "MIGRATE" ? 1 : 2), "password");
  if (fullName === "ACL SETUSER")
    texts.forEach((text, position) => {
      if (position > 2 && text !== undefined && /^[><#!]/.test(text)) secrets.set(position, "password");
    });
  return secrets;
}

function nameReply(command: QueuedCommand, name: string, fullName: string, texts: Texts): ReplyNames {
  const kind = REPLIES.get(fullName) ?? REPLIES.get(name);
  if (kind !== undefined) return { kind };
  const rest = (from: number): string[] => texts.slice(from).map((text) => text ?? "");
  if (name === "MGET") return { kind: "named", names: rest(1) };
  if (name === "HMGET") return { kind: "named", names: rest(2) };
  if (name === "HGETEX" || name === "HGETDEL") return { kind: "named", names: rest(fieldsAt(texts)) };
  if (name === "HGET") return { kind: "named", names: texts[2] ?? "" };
  if (name === "JSON.GET") return { kind: "named", names: rest(1).join(":") };
  if (name === "JSON.MGET") return { kind: "named", names: rest(1).slice(0, -1) };
  if (name === "HRANDFIELD") return { kind: texts.at(-1)?.toUpperCase() === "WITHVALUES" ? "entries" : "plain" };
  const key = VALUES_ASKED.has(name) || VALUES_AFTER_KEY.has(name) || SCRIPTS.has(name) ? firstKey(command) : undefined;
  return key === undefined ? { kind: "plain" } : { kind: "named", names: plainText(key) };
}

/** Where a script's arguments begin, behind so many keys: a number that cannot be hides more, and is nothing to count by. */
function argumentsAt(keys: string): number {
  return 3 + (/^\d+$/.test(keys) ? Number(keys) : 0);
}

/** Where the fields begin behind `FIELDS` and their number. */
function fieldsAt(texts: Texts): number {
  const fields = texts.findIndex((text, position) => position > 1 && text?.toUpperCase() === "FIELDS");
  return fields < 0 ? texts.length : fields + 2;
}

/** Where the first name is, in commands that have names and values in turn. */
const FIRST_NAME: ReadonlyMap<string, number> = new Map([
  ["CONFIG", 2],
  ["HSET", 2],
  ["HMSET", 2],
  ["HSETNX", 2],
  ["MSET", 1],
  ["MSETNX", 1],
]);
/** Where an entry goes in a stream; its fields follow. */
const STREAM_ID = /^(?:\*|\d{1,20}-(?:\d{1,20}|\*))$/;

const REPLIES = new Map<string, Exclude<ReplyNames["kind"], "named">>([
  ["HGETALL", "pairs"],
  ["CONFIG GET", "pairs"],
  ["ACL GETUSER", "pairs"],
  // The key that had something, and what it had.
  ...toEach("BLPOP BRPOP LMPOP BLMPOP ZMPOP BZMPOP BZPOPMIN BZPOPMAX", "pairs"),
  ["HSCAN", "scan"],
  ...toEach("XAUTOCLAIM XCLAIM XRANGE XREAD XREADGROUP XREVRANGE", "entries"),
  ["ACL GENPASS", "secret"],
  ["ACL LIST", "rules"],
  ["SLOWLOG GET", "commands"],
]);

function toEach<Kind extends string>(names: string, kind: Kind): (readonly [string, Kind])[] {
  return names.split(" ").map((name) => [name, kind]);
}

/** After the key, everything is its value; so is what they reply. */
const VALUES_AFTER_KEY: ReadonlySet<string> = new Set(
  `APPEND GETSET LINSERT LPOS LPUSH LPUSHX LREM LSET PFADD PSETEX PUBLISH RESTORE RESTORE-ASKING RPUSH RPUSHX SADD SET SETEX SETNX
  SETRANGE SISMEMBER SMISMEMBER SPUBLISH SREM ZADD ZINCRBY ZMSCORE ZRANK ZREM ZREVRANK ZSCORE`.split(/\s+/),
);
/** Their replies are values of their first key. */
const VALUES_ASKED: ReadonlySet<string> = new Set(
  `BLMOVE BRPOPLPUSH DUMP GET GETDEL GETEX GETRANGE LCS LINDEX LMOVE LPOP LRANGE RPOP RPOPLPUSH SDIFF SINTER SMEMBERS SORT SORT_RO
  SPOP SRANDMEMBER SSCAN SUBSTR SUNION ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX
  ZREVRANGEBYSCORE ZSCAN`.split(/\s+/),
);
/** Their arguments, after the keys, are taken for values of the first key. */
const SCRIPTS: ReadonlySet<string> = new Set("EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO".split(" "));
