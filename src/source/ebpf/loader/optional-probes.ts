import type { BpfObject } from "./bpf-object.ts";
import { withKernelTypes } from "./kernel-types.ts";

/** How functions of the kernel are watched. */
export type FunctionProbes = "fentry" | "kprobe";

export interface OptionalProbesRequest {
  /** Retransmissions and drops. */
  readonly packets: boolean;
  /** How many packets calls are, and how long these are in each layer. */
  readonly paths: boolean;
  /** In this order the first that the kernel allows is taken. Default: fentry, which costs less, then kprobes. */
  readonly functions?: readonly FunctionProbes[];
}

/** A program that is not attached, and why. */
export interface MissingProbe {
  /** `fentry/tcp_sendmsg`, or the name alone where no way of watching functions is allowed. */
  readonly probe: string;
  readonly problem: string;
}

/**
 * The programs that each may be missing: what they would tell is 0 then, or not told. They are loaded apart from those that are needed, with
 * the same maps, as the kernel takes the programs of one object all or none.
 */
export class OptionalProbes {
  /** How functions are watched; undefined: none is. */
  readonly functions: FunctionProbes | undefined;
  readonly attached: readonly string[];
  readonly missing: readonly MissingProbe[];
  readonly #objects: readonly BpfObject[];

  private constructor(
    objects: readonly BpfObject[],
    functions: FunctionProbes | undefined,
    attached: readonly string[],
    missing: readonly MissingProbe[],
  ) {
    this.#objects = objects;
    this.functions = functions;
    this.attached = attached;
    this.missing = missing;
  }

  /** Attaches what the kernel has and allows. Never fails: what cannot be attached is in `missing`. */
  static attach(main: BpfObject, request: OptionalProbesRequest): OptionalProbes {
    const wanted = [...(request.packets ? PACKET_TRACEPOINTS : []), ...(request.paths ? PATH_TRACEPOINTS : [])];
    const objects: BpfObject[] = [];
    const tracepoints = attachTracepoints(main, wanted, objects);
    if (!request.paths) return new OptionalProbes(objects, undefined, tracepoints.attached, tracepoints.missing);
    const refused: MissingProbe[] = [];
    for (const kind of request.functions ?? (["fentry", "kprobe"] as const)) {
      const functions = attachFunctions(main, kind);
      if (functions.attached.length === 0) {
        functions.object?.close();
        refused.push({
          probe: `${kind} of ${functions.missing.length} functions`,
          problem: functions.missing[0]?.problem ?? "there are none",
        });
        continue;
      }
      objects.push(functions.object!);
      return new OptionalProbes(
        objects,
        kind,
        [...tracepoints.attached, ...functions.attached],
        [...tracepoints.missing, ...functions.missing],
      );
    }
    return new OptionalProbes(objects, undefined, tracepoints.attached, [...tracepoints.missing, ...refused]);
  }

  /** Detaches them. */
  close(): void {
    for (const object of this.#objects) object.close();
  }
}

/** Programs by the tracepoint that they are attached to. */
const PACKET_TRACEPOINTS = ["tcp_retransmit_skb", "kfree_skb"];
const PATH_TRACEPOINTS = [
  "inet_sock_set_state",
  "net_dev_queue",
  "net_dev_start_xmit",
  "net_dev_xmit",
  "netif_receive_skb",
  "tcp_probe",
];

interface Attached {
  readonly attached: string[];
  readonly missing: MissingProbe[];
  readonly object?: BpfObject;
}

function attachTracepoints(main: BpfObject, wanted: readonly string[], into: BpfObject[]): Attached {
  if (wanted.length === 0) return { attached: [], missing: [] };
  const { libbpf } = main;
  const there = withKernelTypes(libbpf, [], (types) => wanted.filter((name) => types.hasTracepoint(name)));
  const absent = wanted.filter((name) => !there.includes(name));
  const chosen = attachChosen(
    main,
    there.map((name) => `tp_btf/${name}`),
  );
  if (chosen.object !== undefined) into.push(chosen.object);
  const missing = absent.map((name) => ({ probe: `tp_btf/${name}`, problem: "this kernel has no such tracepoint" }));
  return { attached: chosen.attached, missing: [...missing, ...chosen.missing] };
}

/** Functions that were made part of others cannot be watched, and are missed one by one. */
function attachFunctions(main: BpfObject, kind: FunctionProbes): Attached {
  const sections = kind === "fentry" ? /^f(entry|exit)\// : /^k(ret)?probe\//;
  const all = main.programs().flatMap(({ section }) => (sections.test(section) ? [section] : []));
  const there = withKernelTypes(main.libbpf, all, (types) =>
    all.filter((one) => types.hasFunction(one.replace(/^.*\//, ""))),
  );
  const chosen = attachChosen(main, there);
  const missing = all
    .filter((section) => !there.includes(section))
    .map((probe) => ({ probe, problem: "this kernel has no such function by itself" }));
  return { ...chosen, missing: [...chosen.missing, ...missing] };
}

function attachChosen(main: BpfObject, sections: readonly string[]): Attached {
  const object = main.openBeside();
  const chosen = object.programs().filter(({ section }) => sections.includes(section));
  const attached: string[] = [];
  const missing: MissingProbe[] = [];
  try {
    object.enableOnly(chosen.map(({ name }) => name));
    object.load();
  } catch (error) {
    object.close();
    const problem = (error as Error).message;
    return { attached, missing: chosen.map(({ section }) => ({ probe: section, problem })) };
  }
  for (const { name, section } of chosen) {
    const problem = object.attach(name);
    if (problem === undefined) attached.push(section);
    else missing.push({ probe: section, problem });
  }
  return { attached, missing, object };
}
