import type { ReassemblyCounters } from "../../analysis/reassembly/index.ts";
import { Ledger } from "../../model/index.ts";
import { createReassembler } from "./capture-reassembler.ts";
import { type CaptureSetOptions, compareMoments, type Moment, peekFirstMoment, SetMember } from "./set-member.ts";

/**
 * Reads the files of one capture (`tcpdump -C`, `-G`, `dumpcap -b` write rings of them) as if they were one: connections go on from
 * one file to the next, and packets come in the order of their times, whatever the order of the paths. Packets of one file keep
 * their order. A file is open while its time is; of those that overlap a slice of each is held.
 *
 *     r3.pcap ─┐
 *     r1.pcap ─┼─ by time ─▶ one reassembly
 *     r2.pcap ─┘
 *
 * @throws TaplineError (`input`) where one of them cannot be read or is no capture
 */
export async function readCaptureSet(
  paths: readonly string[],
  options: CaptureSetOptions,
): Promise<Readonly<ReassemblyCounters>> {
  const waiting: { path: string; first: Moment }[] = [];
  for (const path of paths) waiting.push({ path, first: await peekFirstMoment(path) });
  waiting.sort((a, b) => compareMoments(a.first, b.first));
  const ledger = options.ledger ?? new Ledger();
  const reassembler = createReassembler(options, ledger);
  const active: SetMember[] = [];
  const isAborted = (): boolean => options.signal?.aborted === true;
  try {
    while (!isAborted() && (active.length > 0 || waiting.length > 0)) {
      active.sort((a, b) => compareMoments(a.next, b.next));
      const [earliest, second] = active;
      const due = waiting[0];
      if (due !== undefined && (earliest === undefined || compareMoments(due.first, earliest.next) <= 0)) {
        waiting.shift();
        active.push(await SetMember.open(due.path, due.first, reassembler, ledger, options));
        continue;
      }
      await earliest!.advance(earlierOf(second?.next, due?.first));
      if (earliest!.isOver) {
        active.shift();
        await earliest!.close();
      }
    }
  } finally {
    for (const member of active) await member.close();
    reassembler.finish();
  }
  return reassembler.counters;
}

function earlierOf(one: Moment | undefined, other: Moment | undefined): Moment | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return compareMoments(one, other) <= 0 ? one : other;
}
