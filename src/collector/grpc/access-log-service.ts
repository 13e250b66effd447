import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { type Connection, formatError, type Ledger, type LedgerBook, type LedgerReason } from "../../model/index.ts";
import {
  type EBPFAccessLogMessage,
  EBPFAccessLogMessageSchema,
} from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import type {
  EBPFProcessPingPkgList,
  EBPFProcessReportList,
} from "../../wire/skywalking/gen/skywalking/v3/process_pb.js";
import type { OapRelay } from "../forward/oap-relay.ts";
import type { Collector } from "../server/collector.ts";
import { connectionOf, exchangeOf, flowOf, NodeClock } from "./access-log-exchange.ts";
import type { MessageStream } from "./client-stream.ts";

export interface AccessLogServiceOptions {
  readonly collector: Collector;
  readonly pipeline: ExchangePipeline;
  /** Books `access-logs`: messages. */
  readonly ledger: Ledger;
  /** They are passed on there. */
  readonly relay?: OapRelay | undefined;
}

const KIND = "skywalking";
/** Messages of a stream between two waits for the disk. */
const MESSAGES_AT_ONCE = 1024;

/**
 * The services that Rover reports to: `EBPFAccessLogService/collect` and `EBPFProcessService`. A stream has the node in its first message, and each
 * connection in the first message of that connection; what follows is of the same. A message that is out of order is refused by
 * itself: the next one with a connection is taken. Answered when everything is on disk.
 */
export class AccessLogService {
  readonly #options: AccessLogServiceOptions;
  readonly #book: LedgerBook;
  #connections = 0n;
  #exchanges = 0;

  constructor(options: AccessLogServiceOptions) {
    this.#options = options;
    this.#book = options.ledger.book("access-logs");
  }

  /** A stream of `collect`. @param agent who sends it, until its node is known */
  open(agent: string): MessageStream {
    const messages = this.#open(agent);
    return {
      take: (bytes) => messages.take(readMessage(bytes)),
      end: () => messages.end(),
    };
  }

  /** The same, of messages that were read already. */
  async collect(messages: AsyncIterable<EBPFAccessLogMessage>, agent: string): Promise<object> {
    const stream = this.#open(agent);
    for await (const message of messages) await stream.take(message);
    await stream.end();
    return {};
  }

  #open(agent: string) {
    const { collector, relay } = this.#options;
    const stream: StreamState = { name: agent };
    const seen: EBPFAccessLogMessage[] = [];
    let unsettled = 0;
    return {
      take: (message: EBPFAccessLogMessage): Promise<void> | undefined => {
        this.#book.enter(1);
        if (relay !== undefined) seen.push(message);
        const refusal = this.#take(message, stream);
        if (refusal === undefined) this.#book.settleHandled(1);
        else {
          this.#book.settleDropped(refusal, 1);
          collector.senders.lose(KIND, stream.name, refusal);
          if (refusal === "store-busy") throw new ConnectError("the store does not take more", Code.ResourceExhausted);
        }
        return ++unsettled % MESSAGES_AT_ONCE === 0 ? settle(collector) : undefined;
      },
      end: async (): Promise<void> => {
        await settle(collector);
        relay?.take(seen);
      },
    };
  }

  /** Each process gets an identifier, so that Rover goes on to watch it. */
  async reportProcesses(report: EBPFProcessReportList) {
    const { processes, ebpfAgentID } = report;
    const answer = await this.#options.relay?.ask((oap, headers) => oap.reportProcesses(report, { headers }));
    if (answer !== undefined) return answer;
    return {
      processes: processes.flatMap(({ metadata }) => {
        if (metadata.case === undefined) return [];
        const { pid, entity } = metadata.value;
        const facts = { pid, ...(entity && { entityMetadata: entity }) };
        const processId = `${ebpfAgentID}:${pid}`;
        return [
          metadata.case === "k8sProcess"
            ? { processId, process: { case: "k8sProcess" as const, value: facts } }
            : { processId, process: { case: "hostProcess" as const, value: facts } },
        ];
      }),
    };
  }

  async keepAlive(list: EBPFProcessPingPkgList): Promise<object> {
    await this.#options.relay?.ask((oap, headers) => oap.keepAlive(list, { headers }));
    return {};
  }

  /** Gives why it was refused, if it was. */
  #take(
    { node, connection, kernelLogs, protocolLog }: EBPFAccessLogMessage,
    stream: StreamState,
  ): LedgerReason | undefined {
    const { collector, pipeline } = this.#options;
    if (node !== undefined) {
      stream.clock = new NodeClock(node);
      stream.name = node.name || stream.name;
    }
    if (connection !== undefined) stream.connection = connectionOf(connection, ++this.#connections);
    if (stream.clock === undefined) return "no-node";
    if (stream.connection === undefined) return connection === undefined ? "no-connection" : "incomplete-connection";
    for (const log of kernelLogs) {
      const flow = flowOf(log, stream.connection, stream.clock);
      if (flow !== undefined && pipeline.flow(flow) === "store-busy") return "store-busy";
    }
    if (protocolLog?.protocol.case !== "http") return undefined;
    const exchange = exchangeOf(protocolLog.protocol.value, stream.connection, stream.clock, ++this.#exchanges);
    const outcome = pipeline.exchange(exchange);
    if (outcome !== "shown") return outcome;
    collector.senders.count(KIND, stream.name, 1);
    collector.senders.observe(KIND, stream.name, exchange);
    return undefined;
  }
}

interface StreamState {
  name: string;
  clock?: NodeClock;
  connection?: Connection | undefined;
}

/** @throws ConnectError */
function readMessage(bytes: Uint8Array): EBPFAccessLogMessage {
  try {
    return fromBinary(EBPFAccessLogMessageSchema, bytes);
  } catch (error) {
    throw new ConnectError(formatError(error), Code.InvalidArgument);
  }
}

async function settle({ intake }: Collector): Promise<void> {
  try {
    await intake.settled();
  } catch (error) {
    throw new ConnectError((error as Error).message, Code.Unavailable);
  }
}
