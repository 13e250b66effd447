import type { Guest } from "../context.ts";

/** As much of WASI (preview 1) as SDKs of filters use: they log, read clocks and draw random numbers; there are no files. */
export const WASI_MODULES: readonly string[] = ["wasi_snapshot_preview1", "wasi_unstable"];

export const WASI_ERRNO = { SUCCESS: 0, BADF: 8, FAULT: 21, INVAL: 28, NOENT: 44, NOSYS: 52, NOTSUP: 58 } as const;
const { SUCCESS, BADF, INVAL, NOENT, NOSYS, NOTSUP } = WASI_ERRNO;

export const WASI_FUNCTIONS: Readonly<Record<string, (guest: Guest, ...args: never[]) => number>> = {
  fd_write,
  clock_time_get,
  random_get,
  proc_exit: (guest: Guest, code: number) => guest.exit(code),
  args_sizes_get: writeNoList,
  args_get: () => SUCCESS,
  environ_sizes_get: writeNoList,
  environ_get: () => SUCCESS,
  sched_yield: () => SUCCESS,
  poll_oneoff(guest: Guest, _in: number, _out: number, count: number, events: number) {
    if (count !== 0) return NOSYS;
    guest.memory.writeUint32(events, 0);
    return SUCCESS;
  },
  clock_res_get(guest: Guest, _id: number, resolution: number) {
    guest.memory.writeUint64(resolution, 1n);
    return SUCCESS;
  },
  fd_fdstat_get(guest: Guest, descriptor: number, to: number) {
    if (descriptor < 0 || descriptor > 2) return BADF;
    // A character device that may be written to.
    guest.memory.view(to, 24).fill(0);
    guest.memory.view(to, 24)[0] = 2;
    guest.memory.writeUint64(to + 8, descriptor === 0 ? 2n : 64n);
    return SUCCESS;
  },
  fd_prestat_get: () => BADF,
  fd_prestat_dir_name: () => NOSYS,
  fd_close: () => NOSYS,
  fd_read: () => NOSYS,
  fd_seek: () => NOSYS,
  fd_tell: () => NOSYS,
  fd_sync: () => NOSYS,
  fd_datasync: () => NOSYS,
  fd_advise: () => NOSYS,
  fd_allocate: () => NOSYS,
  fd_pread: () => NOSYS,
  fd_pwrite: () => NOSYS,
  fd_readdir: () => NOSYS,
  fd_renumber: () => NOSYS,
  fd_fdstat_set_flags: () => NOSYS,
  fd_fdstat_set_rights: () => NOSYS,
  fd_filestat_get: () => NOSYS,
  fd_filestat_set_size: () => NOSYS,
  fd_filestat_set_times: () => NOSYS,
  path_open: () => NOENT,
  path_create_directory: () => NOTSUP,
  path_filestat_get: () => NOENT,
  path_filestat_set_times: () => NOTSUP,
  path_link: () => NOTSUP,
  path_readlink: () => NOTSUP,
  path_remove_directory: () => NOTSUP,
  path_rename: () => NOTSUP,
  path_symlink: () => NOTSUP,
  path_unlink_file: () => NOTSUP,
  proc_raise: () => NOSYS,
  sock_accept: () => NOSYS,
  sock_recv: () => NOSYS,
  sock_send: () => NOSYS,
  sock_shutdown: () => NOSYS,
};

export const WASI_NAMES: ReadonlySet<string> = new Set(Object.keys(WASI_FUNCTIONS));

/** Standard output is logged as information, standard error as errors; a line feed at the end is left out. */
function fd_write(guest: Guest, descriptor: number, vectors: number, count: number, written: number): number {
  if (descriptor !== 1 && descriptor !== 2) return BADF;
  let text = "";
  let size = 0;
  for (let index = 0; index < count >>> 0; index++) {
    const pointer = guest.memory.readUint32(vectors + 8 * index);
    const length = guest.memory.readUint32(vectors + 8 * index + 4);
    text += guest.memory.text(pointer, length);
    size += length;
  }
  if (size > 0) guest.services.log(descriptor === 1 ? "info" : "error", text.replace(/\n$/, ""));
  guest.memory.writeUint32(written, size);
  return SUCCESS;
}

function clock_time_get(guest: Guest, id: number, _precision: bigint, time: number): number {
  if (id !== 0 && id !== 1) return NOTSUP;
  guest.memory.writeUint64(time, guest.services.now());
  return SUCCESS;
}

function random_get(guest: Guest, to: number, size: number): number {
  if (size >>> 0 > 65_536) return INVAL;
  crypto.getRandomValues(guest.memory.view(to, size) as Uint8Array<ArrayBuffer>);
  return SUCCESS;
}

function writeNoList(guest: Guest, count: number, size: number): number {
  guest.memory.writeUint32(count, 0);
  guest.memory.writeUint32(size, 0);
  return SUCCESS;
}
