import { type CipherSuite, findCipherSuite } from "../../wire/tls/cipher-suites.ts";
import type { ClientHello, ServerHello } from "../../wire/tls/handshake.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";
import { deriveKeyBlock, deriveTrafficKeys, updateTrafficSecret } from "../../wire/tls/key-schedule.ts";
import type { TlsRecord } from "../../wire/tls/record-parser.ts";
import { type OpenedRecord, RecordOpener } from "../../wire/tls/record-protection.ts";
import type { TlsCrypto } from "../../wire/tls/tls-crypto.ts";
import type { Sender } from "../protocol-analyzer.ts";
import type { SessionCache } from "./session-cache.ts";

/** The result of trying to decrypt a record. `waiting`: a secret that may open it is not known (yet). */
export type OpenResult = OpenedRecord | "waiting" | "failed";

/**
 * One sender's keys over the life of a connection.
 *
 *     TLS 1.3   (early ▶) handshake ▶ application ▶ updated ▶ …     a record that a stage does not open is tried on the next
 *     TLS 1.2   nothing until ChangeCipherSpec ▶ key block          renegotiation: the next key block
 */
export class SenderKeys {
  readonly #sender: Sender;
  readonly #crypto: TlsCrypto;
  readonly #keyLog: KeyLog;
  readonly #sessions: SessionCache;
  #stage = 0;
  #secret: Uint8Array | undefined;
  #opener: RecordOpener | undefined;
  /** How many records may be missing at most before the next one; 0 when none is. */
  #lostRecords = 0;

  constructor(sender: Sender, crypto: TlsCrypto, keyLog: KeyLog, sessions: SessionCache) {
    this.#sender = sender;
    this.#crypto = crypto;
    this.#keyLog = keyLog;
    this.#sessions = sessions;
  }

  /** Records of this sender are missing: `bytes` of them, undefined when that is not known. */
  lose(bytes: number | undefined): void {
    // The smallest record that means something is a header, a byte and a tag of 8.
    const records = bytes === undefined ? MAX_LOST_RECORDS : Math.ceil(bytes / 14);
    this.#lostRecords = Math.min(this.#lostRecords + records, MAX_LOST_RECORDS);
  }

  /** TLS 1.2: what follows is protected with the keys of these hellos. */
  changeCipherSpec(): void {
    this.#opener = undefined;
    this.#stage = 0;
  }

  /** TLS 1.3: this sender's Finished or EndOfEarlyData has been read; the next stage begins. */
  advance(): void {
    this.#stage++;
    this.#opener = undefined;
  }

  /** TLS 1.3: this sender announced new keys (RFC 8446 §4.6.3). */
  update(suite: CipherSuite, version: number): void {
    if (this.#secret === undefined) return;
    this.#secret = updateTrafficSecret(this.#crypto, suite, this.#secret);
    this.#opener = new RecordOpener(
      this.#crypto,
      suite,
      version,
      deriveTrafficKeys(this.#crypto, suite, this.#secret),
      false,
    );
  }

  /** Opens a protected record with what is known now. */
  open(record: TlsRecord, client: ClientHello, server: ServerHello): OpenResult {
    const suite = findCipherSuite(server.cipherSuite);
    if (suite === undefined) return "failed";
    const opened =
      server.version >= 0x0304
        ? this.#openStaged(record, suite, client, server)
        : this.#openWithKeyBlock(record, suite, client, server);
    if (typeof opened !== "string") this.#lostRecords = 0;
    return opened;
  }

  #openStaged(record: TlsRecord, suite: CipherSuite, client: ClientHello, server: ServerHello): OpenResult {
    const stages = STAGES[this.#sender];
    let missing = false;
    for (let stage = this.#stage; stage < stages.length; stage++) {
      const current = stage === this.#stage && this.#opener !== undefined;
      const secret = current ? this.#secret : this.#keyLog.find(client.random, stages[stage]!);
      missing = secret === undefined;
      if (secret === undefined) continue;
      const opener = current
        ? this.#opener!
        : new RecordOpener(this.#crypto, suite, server.version, deriveTrafficKeys(this.#crypto, suite, secret), false);
      const opened = this.#tryOpen(opener, record);
      if (opened === undefined) continue;
      this.#stage = stage;
      this.#secret = secret;
      this.#opener = opener;
      return opened;
    }
    // Only the application's secret is worth waiting for: whoever has it can do without the others.
    return missing ? "waiting" : "failed";
  }

  #openWithKeyBlock(record: TlsRecord, suite: CipherSuite, client: ClientHello, server: ServerHello): OpenResult {
    if (this.#opener === undefined) {
      const master = this.#findMaster(client, server);
      if (master === undefined) return "waiting";
      const keys = deriveKeyBlock(this.#crypto, suite, server.version, master, client.random, server.random);
      this.#opener = new RecordOpener(
        this.#crypto,
        suite,
        server.version,
        keys[this.#sender],
        server.encryptThenMac && suite.cipher === "aes-cbc",
      );
    }
    return this.#tryOpen(this.#opener, record) ?? "failed";
  }

  #findMaster(client: ClientHello, server: ServerHello): Uint8Array | undefined {
    const logged = this.#keyLog.find(client.random, "CLIENT_RANDOM");
    if (logged !== undefined) {
      this.#sessions.remember(server.sessionId, logged);
      return logged;
    }
    const resumed = client.sessionId.length > 0 && client.sessionId.join() === server.sessionId.join();
    if (!resumed) return undefined;
    return this.#sessions.find(client.sessionId) ?? this.#sessions.find(client.ticket);
  }

  /** Where records are missing, the sequence number is searched: the tag tells the right one. */
  #tryOpen(opener: RecordOpener, record: TlsRecord): OpenedRecord | undefined {
    const first = opener.sequence;
    for (let skipped = 0; skipped <= this.#lostRecords; skipped++) {
      opener.sequence = first + skipped;
      const opened = opener.open(record);
      if (opened !== undefined) return opened;
    }
    opener.sequence = first;
    return undefined;
  }
}

/** How far a sequence number is searched after a gap. */
const MAX_LOST_RECORDS = 2048;

const STAGES: Record<Sender, readonly string[]> = {
  client: ["CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"],
  server: ["SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"],
};
