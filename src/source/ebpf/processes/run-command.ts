import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { constants as systemConstants } from "node:os";
import { delimiter, join } from "node:path";
import type { Writable } from "node:stream";
import { TaplineError } from "../../../model/index.ts";

/** A command that was started and waits. */
export interface StartedCommand {
  readonly pid: number;
  /** Lets it begin. */
  release(): void;
  signal(name: NodeJS.Signals): void;
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  readonly exited: Promise<number>;
}

export interface CommandUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface RunCommandOptions {
  readonly user?: CommandUser | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Its output goes to stderr: stdout is for a document. */
  readonly outputToStderr?: boolean;
}

/**
 * Starts a command that does not begin before it is told to: by then its process is watched, so that nothing of it is missed.
 * @throws TaplineError (`usage`) where there is no such command
 */
export function startCommand(
  command: string,
  args: readonly string[],
  { user, environment = {}, outputToStderr = false }: RunCommandOptions = {},
): StartedCommand {
  checkCommand(command);
  const gate = ["sh", "-c", 'read -r _ <&3; exec 3<&-; exec "$@"', "sh", command, ...args];
  const [file, ...rest] = user === undefined ? gate : asUser(user, gate);
  const child = spawn(file!, rest, {
    stdio: ["inherit", outputToStderr ? 2 : "inherit", "inherit", "pipe"],
    env: { ...process.env, ...(user !== undefined && userEnvironment(user)), ...environment },
  });
  if (child.pid === undefined)
    throw new TaplineError("usage", `${file} cannot be run`, { hint: "sh (and setpriv, for another user) are needed" });
  return {
    pid: child.pid,
    release: () => {
      const pipe = child.stdio[3] as Writable;
      pipe.on("error", () => {});
      pipe.end("\n");
    },
    signal: (name) => void child.kill(name),
    exited: exitOf(child),
  };
}

/** @throws TaplineError (`usage`) where there is no such command, or it cannot be run */
export function checkCommand(command: string): void {
  if (findCommand(command) !== undefined) return;
  if (!command.includes("/"))
    throw new TaplineError("usage", `there is no command ${command}`, { hint: "it is looked for in PATH" });
  throw new TaplineError("usage", existsSync(command) ? `${command} cannot be run` : `there is no command ${command}`, {
    ...(existsSync(command) && { hint: "it is no file that may be executed" }),
  });
}

/** Where a command stands; undefined where it does not. */
export function findCommand(command: string): string | undefined {
  const paths = command.includes("/")
    ? [command]
    : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, command));
  return paths.find(isExecutable);
}

/**
 * The user that a command runs as: the one who called sudo, or who is named.
 * @throws TaplineError (`usage`) for a name that the system does not know, or where only root could change users
 */
export function findCommandUser(name: string | undefined): CommandUser | undefined {
  const wanted = name ?? (process.getuid?.() === 0 ? process.env["SUDO_USER"] : undefined);
  if (wanted === undefined || (name === undefined && wanted === "root")) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${wanted}:`) || one.split(":")[2] === wanted);
  const [user, , uid, gid, , home] = line?.split(":") ?? [];
  if (user === undefined) throw new TaplineError("usage", `there is no user ${wanted} on this machine`);
  const found = { name: user, uid: Number(uid), gid: Number(gid), home: home ?? "/" };
  if (found.uid === process.getuid?.()) return undefined;
  if (process.getuid?.() !== 0) throw new TaplineError("usage", "only root can run a command as somebody else");
  return found;
}

function asUser({ uid, gid }: CommandUser, command: readonly string[]): string[] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", ...command];
}

function userEnvironment({ name, home }: CommandUser): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (code, signal) => resolve(code ?? 128 + systemConstants.signals[signal!]));
  });
}
