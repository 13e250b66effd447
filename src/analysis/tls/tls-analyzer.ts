import type { Direction, LedgerBook, LedgerReason, SocketClosed, Timestamp, TlsFacts } from "../../model/index.ts";
import { nameAlert } from "../../wire/tls/alerts.ts";
import { findCipherSuite } from "../../wire/tls/cipher-suites.ts";
import {
  type ClientHello,
  HANDSHAKE_TYPE,
  HandshakeAssembler,
  parseClientHello,
  parseEncryptedExtensions,
  parseServerHello,
  parseSessionTicket,
  type ServerHello,
} from "../../wire/tls/handshake.ts";
import { computeJa4 } from "../../wire/tls/ja4.ts";
import { HEADER_BYTES, RECORD_TYPE, type TlsRecord, TlsRecordParser } from "../../wire/tls/record-parser.ts";
import type { OpenedRecord } from "../../wire/tls/record-protection.ts";
import { OpaqueStream } from "../opaque/opaque-stream.ts";
import {
  type AnalysisContext,
  assignSender,
  type ProtocolAnalyzer,
  type Sender,
  senderOf,
} from "../protocol-analyzer.ts";
import { type HeldItem, HeldRecords } from "./held-records.ts";
import type { SessionCache } from "./session-cache.ts";
import { SenderKeys } from "./tls-keys.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * Reads a TLS connection: what its hellos say goes to `connection.tls`, and what its records decrypt to goes to a fresh
 * detection inside. What cannot be decrypted is one exchange of the protocol `tls`, with sizes and times.
 *
 *     bytes ─▶ records ─┬─ hellos ─▶ connection.tls
 *                       └─ protected ─┬─ opened ─▶ plaintext ─▶ detection inside
 *                                     ├─ held back until a secret comes (bounded)
 *                                     └─ skipped (encrypted)
 *
 * Accounting: records that are read or opened are handled; `encrypted` are those without a secret, `decryption-failed` those
 * that no secret opens, `tls-resync` bytes passed over to find a record. Plaintext has a book of its own, `plaintext`.
 */
export class TlsAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #options: TlsOptions;
  readonly #sessions: SessionCache;
  readonly #plaintext: LedgerBook;
  readonly #facts: TlsFacts;
  readonly #sides: Record<Direction, Side>;
  readonly #held: HeldRecords;
  #client: ClientHello | undefined;
  #server: ServerHello | undefined;
  #inside: ProtocolAnalyzer | undefined;
  #encrypted: OpaqueStream | undefined;
  #unwatch: (() => void) | undefined;
  /** The first alert other than close_notify. */
  #alert: number | undefined;
  #releasing = false;
  /** Something of the content was not decrypted. */
  #incomplete = false;
  #time: Timestamp = { seconds: 0, nanos: 0 };

  constructor(context: AnalysisContext, options: TlsOptions, sessions: SessionCache) {
    this.#context = context;
    this.#options = options;
    this.#sessions = sessions;
    this.#plaintext = options.ledger.book("plaintext");
    this.#facts = context.connection.tls ?? {};
    context.connection.tls = this.#facts;
    this.#held = new HeldRecords(context.limits.undecryptedBytes, context.budget);
    this.#sides = { read: this.#createSide("read"), write: this.#createSide("write") };
  }

  push(direction: Direction, data: Uint8Array, _offset: number, time: Timestamp): void {
    this.#time = time;
    this.#facts.started ??= time;
    this.#sides[direction].records.push(data);
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp): void {
    this.#time = time;
    const side = this.#sides[direction];
    const incomplete = side.records.buffered;
    side.records.gap();
    side.handshake.reset();
    this.#hold({ kind: "gap", direction, size: size === undefined ? undefined : size + incomplete, time }, 0);
  }

  end(direction: Direction, time: Timestamp): void {
    this.#time = time;
    this.#hold({ kind: "end", direction, time }, 0);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    this.#time = time;
    this.#unwatch?.();
    for (const { records } of Object.values(this.#sides))
      this.#context.bytes.settleTruncated("unfinished", records.end());
    this.#release(true);
    this.#inside?.close(time, how);
    if (this.#inside === undefined || this.#alert !== undefined) this.#showHandshake();
    this.#encrypted?.close(time, how);
  }

  /** A connection that carried no content, or that an alert ended, is to be seen too: its handshake may be why. */
  #showHandshake(): void {
    if (this.#client === undefined && this.#server === undefined) return;
    const encrypted = this.#openEncrypted();
    encrypted.begin(this.#sender("read") === "server" ? "write" : "read", this.#facts.started ?? this.#time);
    if (this.#client === undefined || this.#server === undefined) encrypted.leaveUnfinished();
    if (this.#alert !== undefined) encrypted.report(`tls-alert:${nameAlert(this.#alert)}`);
  }

  #openEncrypted(): OpaqueStream {
    this.#encrypted ??= new OpaqueStream(this.#context, { protocol: "tls", keep: false });
    return this.#encrypted;
  }

  #onAlert(content: Uint8Array): void {
    const description = content[1];
    if (content.length === 2 && description !== CLOSE_NOTIFY && description !== USER_CANCELED)
      this.#alert ??= description;
  }

  #onRecord(direction: Direction, record: TlsRecord): void {
    const side = this.#sides[direction];
    const bytes = HEADER_BYTES + record.fragment.length;
    if (record.type === RECORD_TYPE.applicationData || side.protected) {
      if (this.#server !== undefined && this.#sender(direction) === "client") this.#facts.finished ??= this.#time;
      this.#hold({ kind: "record", direction, record, time: this.#time }, bytes);
      return;
    }
    this.#context.bytes.settleHandled(bytes);
    if (record.type === RECORD_TYPE.handshake) side.handshake.push(record.fragment);
    else if (record.type === RECORD_TYPE.alert) this.#onAlert(record.fragment);
    else if (
      record.type === RECORD_TYPE.changeCipherSpec &&
      this.#server !== undefined &&
      this.#server.version < 0x0304
    ) {
      side.protected = true;
      side.keys?.changeCipherSpec();
    }
  }

  /** Handles what comes now, or queues it behind what is held back. */
  #hold(item: HeldItem, bytes: number): void {
    if (item.kind !== "record" && this.#held.empty) this.#deliver(item);
    else if (item.kind === "record" && !this.#held.holds(item.direction)) {
      if (this.#open(item, this.#mayWait) !== "waiting") return;
      this.#keep(item, bytes);
    } else this.#keep(item, bytes);
  }

  #keep(item: HeldItem, bytes: number): void {
    const copy: HeldItem = item.kind === "record" ? { ...item, record: copyRecord(item.record) } : item;
    for (const dropped of this.#held.add(copy, bytes)) this.#giveUp(dropped);
  }

  /** Works off what was held back, as far as it can be opened now; with `last`, all of it. */
  #release(last = false): void {
    if (this.#releasing) return;
    this.#releasing = true;
    this.#held.release((item) => {
      if (item.kind === "record") return this.#open(item, !last) !== "waiting";
      this.#deliver(item);
      return true;
    });
    this.#releasing = false;
  }

  get #mayWait(): boolean {
    return this.#options.secretsMayCome === true && this.#options.keyLog !== undefined && this.#client !== undefined;
  }

  #deliver(item: Exclude<HeldItem, { kind: "record" }>): void {
    if (item.kind === "end") this.#inside?.end(item.direction, item.time);
    else {
      this.#incomplete = true;
      this.#sides[item.direction].keys?.lose(item.size);
      this.#inside?.gap(item.direction, item.size, item.time, "lost-segment");
      this.#encrypted?.gap(item.direction, item.size, item.time);
    }
  }

  #open(item: Extract<HeldItem, { kind: "record" }>, mayWait: boolean): "done" | "waiting" {
    const { direction, record, time } = item;
    const keys = this.#sides[direction].keys;
    const result =
      keys === undefined || this.#client === undefined || this.#server === undefined
        ? "waiting"
        : keys.open(record, this.#client, this.#server);
    if (result === "waiting" && mayWait) return "waiting";
    if (typeof result === "string") {
      // Handshake messages of TLS 1.2 and unreadable post-handshake records carry none of the connection's content.
      if (record.type === RECORD_TYPE.applicationData)
        this.#pushEncrypted(direction, record, time, result === "waiting" ? "encrypted" : "decryption-failed");
      else this.#context.bytes.settleSkipped("encrypted", HEADER_BYTES + record.fragment.length);
      return "done";
    }
    this.#context.bytes.settleHandled(HEADER_BYTES + record.fragment.length);
    this.#onOpened(direction, result, time);
    return "done";
  }

  #onOpened(direction: Direction, opened: OpenedRecord, time: Timestamp): void {
    const side = this.#sides[direction];
    this.#facts.decrypted = true;
    if (opened.type === RECORD_TYPE.handshake) side.handshake.push(opened.content);
    else if (opened.type === RECORD_TYPE.changeCipherSpec) side.keys?.changeCipherSpec();
    else if (opened.type === RECORD_TYPE.alert) {
      this.#onAlert(opened.content);
      if (opened.content[1] === CLOSE_NOTIFY) this.#inside?.end(direction, time);
    } else if (opened.type === RECORD_TYPE.applicationData && opened.content.length > 0) {
      this.#inside ??= this.#context.detectInside({ bytes: this.#plaintext, midStream: this.#incomplete });
      this.#plaintext.enter(opened.content.length);
      this.#inside.push(direction, opened.content, side.offset, time);
      side.offset += opened.content.length;
    }
  }

  #pushEncrypted(direction: Direction, record: TlsRecord, time: Timestamp, reason: LedgerReason): void {
    this.#incomplete = true;
    if (this.#inside !== undefined) {
      // The content goes on after a hole of unknown size.
      this.#context.bytes.settleSkipped(reason, HEADER_BYTES + record.fragment.length);
      this.#inside.gap(direction, undefined, time, "decryption");
      return;
    }
    this.#openEncrypted().push(direction, record.fragment, time, reason);
    this.#context.bytes.settleSkipped(reason, HEADER_BYTES);
  }

  /** Held records are dropped to make room. */
  #giveUp(item: HeldItem): void {
    if (item.kind !== "record") this.#deliver(item);
    else {
      this.#sides[item.direction].keys?.lose(HEADER_BYTES + item.record.fragment.length);
      this.#pushEncrypted(item.direction, item.record, item.time, "encrypted");
    }
  }

  #onHandshake(direction: Direction, type: number, body: Uint8Array): void {
    const side = this.#sides[direction];
    const modern = this.#server !== undefined && this.#server.version >= 0x0304;
    if (type === HANDSHAKE_TYPE.clientHello) this.#onClientHello(direction, body);
    else if (type === HANDSHAKE_TYPE.serverHello) this.#onServerHello(direction, body);
    else if (type === HANDSHAKE_TYPE.encryptedExtensions && modern) this.#setAlpn(parseEncryptedExtensions(body).alpn);
    else if (type === HANDSHAKE_TYPE.newSessionTicket && !modern) this.#rememberTicket(parseSessionTicket(body));
    else if (type === HANDSHAKE_TYPE.keyUpdate && modern)
      side.keys?.update(findCipherSuite(this.#server!.cipherSuite)!, this.#server!.version);
    else if ((type === HANDSHAKE_TYPE.finished || type === HANDSHAKE_TYPE.endOfEarlyData) && modern)
      side.keys?.advance();
  }

  #onClientHello(direction: Direction, body: Uint8Array): void {
    const hello = parseClientHello(body);
    if (hello === undefined) return;
    this.#client = hello;
    assignSender(this.#context.connection, direction, "client");
    const { serverName, alpn } = hello;
    if (serverName !== undefined) this.#facts.sni = serverName;
    if (alpn.length > 0) this.#facts.alpnOffered = alpn;
    const { crypto, keyLog } = this.#options;
    if (crypto !== undefined) this.#facts.ja4 = computeJa4(hello, crypto.sha256);
    this.#unwatch?.();
    this.#unwatch = keyLog?.watch(hello.random, () => this.#release());
    this.#createKeys();
  }

  #onServerHello(direction: Direction, body: Uint8Array): void {
    const hello = parseServerHello(body);
    if (hello === undefined || hello.helloRetryRequest) return;
    this.#server = hello;
    assignSender(this.#context.connection, direction, "server");
    this.#facts.version = VERSIONS[hello.version] ?? `0x${hello.version.toString(16).padStart(4, "0")}`;
    this.#facts.cipher =
      findCipherSuite(hello.cipherSuite)?.name ?? `0x${hello.cipherSuite.toString(16).padStart(4, "0")}`;
    this.#setAlpn(hello.alpn);
    this.#createKeys();
    this.#release();
  }

  #setAlpn(alpn: string | undefined): void {
    if (alpn !== undefined) this.#facts.alpn = alpn;
  }

  #rememberTicket(ticket: Uint8Array): void {
    const master =
      this.#client === undefined ? undefined : this.#options.keyLog?.find(this.#client.random, "CLIENT_RANDOM");
    if (master !== undefined) this.#sessions.remember(ticket, master);
  }

  #createKeys(): void {
    const { crypto, keyLog } = this.#options;
    if (crypto === undefined || keyLog === undefined) return;
    for (const direction of ["read", "write"] as const) {
      const sender = this.#sender(direction);
      if (sender !== undefined) this.#sides[direction].keys ??= new SenderKeys(sender, crypto, keyLog, this.#sessions);
    }
  }

  #sender(direction: Direction): Sender | undefined {
    return senderOf(this.#context.connection, direction);
  }

  #createSide(direction: Direction): Side {
    return {
      records: new TlsRecordParser(
        (record) => this.#onRecord(direction, record),
        (bytes) => this.#context.bytes.settleSkipped("tls-resync", bytes),
      ),
      handshake: new HandshakeAssembler((type, body) => this.#onHandshake(direction, type, body)),
      keys: undefined,
      protected: false,
      offset: 0,
    };
  }
}

interface Side {
  readonly records: TlsRecordParser;
  readonly handshake: HandshakeAssembler;
  keys: SenderKeys | undefined;
  /** TLS 1.2: ChangeCipherSpec was seen. */
  protected: boolean;
  /** Where the next plaintext stands. */
  offset: number;
}

const VERSIONS: Record<number, string> = { 768: "SSLv3", 769: "TLSv1", 770: "TLSv1.1", 771: "TLSv1.2", 772: "TLSv1.3" };

/** RFC 8446 §6.1. */
const CLOSE_NOTIFY = 0;
const USER_CANCELED = 90;

function copyRecord(record: TlsRecord): TlsRecord {
  return { ...record, header: record.header.slice(), fragment: record.fragment.slice() };
}
