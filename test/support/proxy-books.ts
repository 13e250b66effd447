import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after } from "node:test";
import { isForwardedTo, listAccepted, listDialled, type PeerEnd, type Place, takeMark } from "./peer-bytes.ts";
import { readBook } from "./printed-balance.ts";

/** Amounts of a book; `dropped` by reason. */
export interface Amounts {
  readonly entered: number;
  readonly handled: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** A proxy that a test ran: its books, once it has stopped. */
export interface BookedProxy {
  /** Where it listened, the admin listener too: ports, and paths of Unix sockets. */
  readonly places: () => readonly Place[];
  /** The mark (`takeMark`) of its end; absent: it may listen still. */
  readonly until?: () => number | undefined;
  /** Undefined where it was killed, or told nothing. */
  readonly book: (name: "downstream-bytes" | "upstream-bytes") => Amounts | undefined;
  /** Others than proxies of the test's ask its services too: only the clients are counted. */
  readonly sharesServices?: boolean;
  /** It dials with TLS: a service without counts what nobody forwarded. */
  readonly dialsTls?: boolean;
}

const proxies: (BookedProxy & { readonly since: number })[] = [];

/**
 * Holds the books of a proxy, at the end of the test file, against the bytes that this process's own sockets counted: its clients'
 * and its services'. Between ends that were whole the sums are equal; where one broke off, what it sent may be lost.
 */
export function holdBooks(proxy: BookedProxy): void {
  proxies.push({ ...proxy, since: takeMark() });
}

const foreign: PeerEnd[] = [];

/** Adds a client of the test's proxies that is another program, by its own account. */
export function addForeignClient(sent: number, received: number): void {
  foreign.push({ place: 0, sent, received, isWhole: true, isSecure: false });
}

after(() => {
  try {
    compareBooks();
  } catch (error) {
    // It would be told as a failure of this file.
    throw new Error(`${process.argv[1]}: ${(error as Error).message}`, { cause: error });
  }
});

function compareBooks(): void {
  const listening = proxies.filter((proxy) => proxy.places().length > 0);
  if (listening.length === 0) return;
  const told = listening.filter(({ book }) => book("downstream-bytes") !== undefined);
  // An earlier or a later socket may have been another's, on a port that is used again.
  const listenTimes = (some: readonly (typeof proxies)[number][]) =>
    some.map(({ places, since, until }) => ({
      places: new Set(places()),
      since,
      until: until?.() ?? Number.POSITIVE_INFINITY,
    }));
  const clients = [...listDialled(listenTimes(told)), ...foreign];
  // Servers of a test without a proxy are nobody's services.
  if (told.length === 0) return;
  const services = listAccepted();
  const downstream = sum(told, "downstream-bytes");
  const upstream = sum(told, "upstream-bytes");
  const isEveryProxyTold = told.length === listening.length;
  // Other programs were the clients, or the services, where this process has no such sockets.
  const hasClients = total(clients, "sent") + total(clients, "received") > 0;
  if (hasClients) assertBetween("downstream-bytes entered", downstream.entered, clients, "sent");
  const isPlain = proxies.every(({ dialsTls }) => dialsTls !== true) || services.every(({ isSecure }) => isSecure);
  if (isForwardedTo(listenTimes(listening))) return;
  if (services.length === 0 || !isPlain || proxies.some(({ sharesServices }) => sharesServices)) return;
  if (isEveryProxyTold) {
    assertBetween("upstream-bytes entered", upstream.entered, services, "sent");
    const received = total(services, "received");
    assert.ok(
      downstream.handled >= received,
      `services received ${received} bytes, ${downstream.handled} were handed on`,
    );
    if (services.every(({ isWhole }) => isWhole)) assert.equal(downstream.handled, received);
  }
  const isAnswered = Object.hasOwn(downstream.dropped, "no-upstream");
  if (!isAnswered && hasClients && clients.every(({ isWhole }) => isWhole))
    assert.equal(upstream.handled, total(clients, "received"), "bytes that clients received");
}

/** All that whole ends counted is there, and no more than all ends did. */
function assertBetween(what: string, amount: number, ends: readonly PeerEnd[], count: "sent" | "received"): void {
  const least = total(
    ends.filter(({ isWhole }) => isWhole),
    count,
  );
  const most = total(ends, count);
  assert.ok(amount >= least && amount <= most, `${what}: ${amount}, but peers ${count} ${least} to ${most}`);
}

function total(ends: readonly PeerEnd[], count: "sent" | "received"): number {
  return ends.reduce((all, end) => all + end[count], 0);
}

function sum(all: readonly BookedProxy[], name: "downstream-bytes" | "upstream-bytes"): Amounts {
  let [entered, handled] = [0, 0];
  const dropped: Record<string, number> = {};
  for (const { book } of all) {
    const amounts = book(name);
    entered += amounts?.entered ?? 0;
    handled += amounts?.handled ?? 0;
    for (const [reason, amount] of Object.entries(amounts?.dropped ?? {}))
      dropped[reason] = (dropped[reason] ?? 0) + amount;
  }
  return { entered, handled, dropped };
}

/** Holds the books of a program, if that turns out to be a proxy. @param output gives what it has said */
export function holdPrintedBooks(program: ChildProcess, output: () => string, sharesServices = false): void {
  let end: number | undefined;
  program.once("exit", () => {
    end = takeMark();
  });
  holdBooks({
    sharesServices,
    until: () => end,
    places: () =>
      [...output().matchAll(/"address":"[^"]*:(\d+)"[^\n]*"msg":"(?:admin )?listening"/g)].map(([, port]) =>
        Number(port),
      ),
    book: (name) => readBook(output(), name),
  });
}

/** The bytes of all files that a configuration's taps and captures write (`path_prefix`). */
export function sizeOfTraceFiles(configuration: string): number {
  const prefixes = [...configuration.matchAll(/path_prefix"?: *"?([^\s",}]+)/g)].map(([, prefix]) => prefix!);
  let size = 0;
  for (const prefix of new Set(prefixes)) {
    const folder = dirname(prefix);
    for (const file of listFolder(folder))
      if (file.startsWith(`${basename(prefix)}_`) || file.startsWith(`${basename(prefix)}.`))
        size += statSync(join(folder, file)).size;
  }
  return size;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
