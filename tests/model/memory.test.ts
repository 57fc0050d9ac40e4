import { exploreFiles } from "./explored.ts";

await exploreFiles(["creation", "catalog", "participants"]);
