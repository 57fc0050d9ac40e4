import process from "node:process";

/** What this process runs on. */
export const OWN_RUNTIME: "bun" | "deno" = "Bun" in globalThis ? "bun" : "deno";

/** Its version. */
export const OWN_VERSION: string = (process.versions[OWN_RUNTIME] ?? "").slice(0, 24);
