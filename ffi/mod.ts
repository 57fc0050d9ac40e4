/**
 * The only floor that names a runtime: it picks Bun's, Deno's or Node's FFI and loads libc at the first use. Importing
 * it does nothing, needs no permission and never fails.
 *
 * @module
 */
export { type FailedCall, SystemError, type UnsupportedCode, UnsupportedError } from "./error.ts";
export { ShmkitError } from "./shmkit_error.ts";
export type { Libc, LibcSource, Memory, Pointer } from "./libc.ts";
export type { SyscallNumbers } from "./linux.ts";
export { hasTotalStoreOrder, libc, loadedLibc, OLDEST } from "./load.ts";
export { type Doing, type FileStatus, membarrier, registerMembarrier } from "./system.ts";
