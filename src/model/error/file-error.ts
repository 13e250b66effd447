/** Why a file cannot be read, in words, from what the system's calls throw. */
export function describeReadError(error: unknown): string {
  const { code, message } = toSystemError(error);
  return READING[code ?? ""] ?? `it cannot be read (${code ?? message})`;
}

/** Why a file cannot be written, in words, from what the system's calls throw. */
export function describeWriteError(error: unknown): string {
  const { code, message } = toSystemError(error);
  return `cannot be written (${WRITING[code ?? ""] ?? code ?? message})`;
}

function toSystemError(error: unknown): { code?: string; message: string } {
  return error instanceof Error ? error : { message: String(error) };
}

const READING: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such directory",
  EACCES: "this file may not be read",
  EISDIR: "this is a directory, not a file",
};

const WRITING: Readonly<Record<string, string>> = {
  ENOENT: "there is no such directory",
  ENOTDIR: "there is no such directory",
  EEXIST: "there is a file of that name",
  EISDIR: "this is a directory",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EFBIG: "the file is as large as it may be",
  EPIPE: "nobody reads it any more",
  EBADF: "it is closed",
};
