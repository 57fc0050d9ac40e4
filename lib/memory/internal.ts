/**
 * The door for higher floors: what the library's own types need, and no program does.
 *
 * @module
 */
export { requireOptions } from "./option_checks.ts";
export { OWN_TYPE } from "./own_type.ts";
