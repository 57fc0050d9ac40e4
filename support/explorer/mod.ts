/**
 * Explores every schedule of the real source: see docs/proof.md.
 *
 * @module
 */
export { buildProgram, type Program } from "./build.ts";
export { explore, type ExploreOptions, type Failure, type Result } from "./explore.ts";
export type { Patch } from "./program_files.ts";
export { failureInWords, readToken, type Row, settingInWords, summary, writeToken } from "./report.ts";
export { along, type Replay, replay } from "./run.ts";
export type { End, Scenario, Start } from "./scenario.ts";
export type { Setting } from "./turns.ts";
