import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TaplineError } from "../../model/index.ts";
import { bareContainerId } from "./container-ids.ts";
import type { ContainerFacts, DiscoveryLine, DiscoveryRequest, PodFacts } from "./pod-facts.ts";

/** A container, and the pod that it is of. */
export interface FoundContainer {
  readonly pod: PodFacts;
  readonly container: ContainerFacts;
}

/** Characters of what the watching process writes to stderr that are kept, to be told when it dies. */
const MOST_SAID = 1000;
/** The wait before the watching process is started again; it doubles up to the other. */
const [FIRST_RESTART_MILLIS, LAST_RESTART_MILLIS] = [1000, 60_000];

/**
 * The pods of one node, as a process of its own hears of them (discovery-process.ts): the library that it needs is large. When it
 * dies it is started again, and what was known stays until it has told anew.
 */
export class PodDiscovery {
  readonly #request: DiscoveryRequest;
  readonly #tell: (problem: string) => void;
  #containers: ReadonlyMap<string, FoundContainer> = new Map();
  #revision = 0;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wait = FIRST_RESTART_MILLIS;
  #isClosed = false;
  /** Called once: when pods are known, or with why they are not. */
  #onFirst: (problem: string | undefined) => void = () => {};

  private constructor(request: DiscoveryRequest, tell: (problem: string) => void) {
    this.#request = request;
    this.#tell = tell;
  }

  /**
   * Resolves when the pods are known for the first time.
   * @param tell gets problems that come later, such as a cluster that is not heard any more
   * @throws TaplineError (`connection`) with what the cluster said
   */
  static async start(request: DiscoveryRequest, tell: (problem: string) => void): Promise<PodDiscovery> {
    const discovery = new PodDiscovery(request, tell);
    const problem = await new Promise<string | undefined>((resolve) => {
      discovery.#onFirst = resolve;
      discovery.#start();
    });
    if (problem === undefined) return discovery;
    discovery.close();
    throw new TaplineError("connection", `the pods of ${request.node} cannot be found: ${problem}`, {
      hint: "the agent must be allowed to get nodes, and to list and watch pods and services",
    });
  }

  /** Grows with each change of what is known. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#containers.size;
  }

  /** @param id 64 hexadecimal digits, without the name of what runs it */
  find(id: string): FoundContainer | undefined {
    return this.#containers.get(id);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#child?.stdin?.end();
    this.#child?.kill();
  }

  #start(): void {
    // Its file ends as this one does: .ts in a checkout, .js in the package.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const file = fileURLToPath(new URL(`./discovery-process${extension}`, import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file]);
    this.#child = child;
    let problem = "";
    let said = "";
    child.stderr.on("data", (data: Buffer) => {
      said = `${said}${data}`.slice(-MOST_SAID);
    });
    child.stdin.on("error", () => {});
    child.stdin.write(`${JSON.stringify(this.#request)}\n`);
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as DiscoveryLine;
      if ("pods" in line) this.#take(line.pods);
      else if (line.isFatal) problem = line.problem;
      else this.#tell(line.problem);
    });
    child.on("error", (error) => {
      problem = error.message;
    });
    child.on("close", (code, signal) => {
      if (!this.#isClosed)
        this.#fail(problem || said.trim() || `the process that watches them ended (${signal ?? code})`);
    });
  }

  /** At first it is said to who starts; later it is tried again. */
  #fail(problem: string): void {
    if (this.#revision === 0) {
      this.#onFirst(problem);
      return;
    }
    this.#tell(`pods are not watched: ${problem}`);
    this.#timer = setTimeout(() => this.#start(), this.#wait);
    this.#timer.unref();
    this.#wait = Math.min(2 * this.#wait, LAST_RESTART_MILLIS);
  }

  #take(pods: readonly PodFacts[]): void {
    this.#containers = new Map(
      pods.flatMap((pod) =>
        pod.containers.flatMap((container) =>
          container.id === "" ? [] : [[bareContainerId(container.id), { pod, container }] as const],
        ),
      ),
    );
    this.#wait = FIRST_RESTART_MILLIS;
    if (this.#revision++ === 0) this.#onFirst(undefined);
  }
}
