import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "node:test";
import { DIES, explainHistory, type Operation, type Specification } from "../../support/explorer/linearizability.ts";

/** A queue. */
const queue: Specification<readonly number[]> = {
  initial: [],
  apply(state, { name, args, result }) {
    if (name === DIES) return state;
    if (name === "push") return [...state, args[0] as number];
    if (result === undefined) return state.length === 0 ? state : undefined;
    return state[0] === result ? state.slice(1) : undefined;
  },
};

function call(
  actor: number,
  name: string,
  args: unknown[],
  before: number[],
  result?: unknown,
  isDone = true,
): Operation {
  return { actor, name, args, before, result, isDone };
}

describe("linearizability", () => {
  it("one after the other", () => {
    const operations = [
      call(0, "push", [1], [0, 0]),
      call(0, "push", [2], [1, 0]),
      call(1, "shift", [], [2, 0], 1),
      call(1, "shift", [], [2, 1], 2),
    ];
    assertEquals(explainHistory(operations, queue), undefined);
  });

  it("in the wrong order", () => {
    const operations = [call(0, "push", [1], [0, 0]), call(0, "push", [2], [1, 0]), call(1, "shift", [], [2, 0], 2)];
    assertMatch(explainHistory(operations, queue)!, /no order .* 2 can be done/s);
  });

  it("at the same time, in either order", () => {
    for (const first of [1, 2]) {
      const operations = [
        call(0, "push", [1], [0, 0, 0]),
        call(1, "push", [2], [0, 0, 0]),
        call(2, "shift", [], [1, 1, 0], first),
      ];
      assertEquals(explainHistory(operations, queue), undefined);
    }
  });

  it("empty, although something was pushed before", () => {
    assertMatch(
      explainHistory([call(0, "push", [1], [0, 0]), call(1, "shift", [], [1, 0], undefined)], queue)!,
      /no order/,
    );
    assertEquals(
      explainHistory([call(0, "push", [1], [0, 0]), call(1, "shift", [], [0, 0], undefined)], queue),
      undefined,
      "at the same time",
    );
  });

  it("seen by two in different orders", () => {
    const operations = [
      call(0, "push", [1], [0, 0, 0, 0]),
      call(1, "push", [2], [0, 0, 0, 0]),
      call(2, "shift", [], [1, 1, 0, 0], 1),
      call(3, "shift", [], [1, 1, 0, 0], 1),
    ];
    assertMatch(explainHistory(operations, queue)!, /no order/, "both receive the same");
  });

  it("a dead actor's operation may be done or not, and not later", () => {
    const died = [call(0, "push", [1], [0, 0], undefined, false), call(0, DIES, [], [0, 0])];
    for (const result of [1, undefined]) {
      assertEquals(explainHistory([...died, call(1, "shift", [], [2, 0], result)], queue), undefined);
    }
    const late = [...died, call(1, "shift", [], [2, 0], undefined), call(1, "shift", [], [2, 1], 1)];
    assertMatch(explainHistory(late, queue)!, /no order/, "missing after the death, and then received");
  });
});
