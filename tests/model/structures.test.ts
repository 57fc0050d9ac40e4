import { exploreFiles } from "./explored.ts";

await exploreFiles(["keyed_table", "histogram", "order_book", "counters"]);
