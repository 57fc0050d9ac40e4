/**
 * A preload of Bun's: makers are not copied, as where code from strings is forbidden. The parts then behave as ever,
 * slower.
 *
 * @module
 */

import process from "node:process";

process.env.SHMKIT_UNSPECIALIZED = "1";

/** The part of Bun used here. */
declare const Bun: {
  plugin(plugin: {
    name: string;
    setup(build: {
      onLoad(where: { filter: RegExp }, load: () => { loader: "ts"; contents: string }): void;
    }): void;
  }): void;
};

Bun.plugin({
  name: "unspecialized",
  setup({ onLoad }) {
    const contents = "export const specialize = (make) => make;";
    onLoad({ filter: /\/lib\/atomic\/specialize\.ts$/ }, () => ({ loader: "ts", contents }));
  },
});
