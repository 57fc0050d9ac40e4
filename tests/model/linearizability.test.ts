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

/** The same, looked at and left: the record in front. */
const peeking: Specification<readonly number[]> = {
  initial: [],
  apply(state, { name, args, result }) {
    if (name === "push") return [...state, args[0] as number];
    return state[0] === result ? state : undefined;
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

  it("late: another does not see yet what has returned, and its own actor does", () => {
    const push = call(0, "push", [1], [0, 0]), empty = call(1, "shift", [], [1, 0], undefined);
    assertMatch(explainHistory([push, empty], queue)!, /no order/);
    assertEquals(explainHistory([push, { ...empty, shown: [0, 0] }], queue), undefined);
    const own = call(0, "shift", [], [1, 0], undefined);
    assertMatch(explainHistory([push, { ...own, shown: [0, 0] }], queue)!, /no order/, "its own actor");
  });

  it("late: no longer than its stores are missed, and in order", () => {
    const pushes = [call(0, "push", [1], [0, 0]), { ...call(0, "push", [2], [1, 0]), shown: [0, 0] }];
    const empty = { ...call(1, "shift", [], [2, 0], undefined), shown: [0, 0] };
    assertEquals(explainHistory([...pushes, empty, call(1, "shift", [], [2, 1], 1)], queue), undefined);
    assertMatch(explainHistory([...pushes, empty, call(1, "shift", [], [2, 1], undefined)], queue)!, /no order/);
    const second = { ...call(1, "shift", [], [2, 1], 2), shown: [1, 0] };
    assertMatch(explainHistory([...pushes, empty, second], queue)!, /no order/, "the second before the first");
  });

  it("late: two may each miss what the other did, which no order of whole operations explains", () => {
    const history = (shown?: number[]) => [
      call(0, "push", [1], [0, 0]),
      call(1, "push", [2], [0, 0]),
      { ...call(0, "shift", [], [1, 1], 1), shown },
      { ...call(1, "shift", [], [1, 1], 2), shown },
    ];
    assertMatch(explainHistory(history(), peeking)!, /no order/);
    assertEquals(explainHistory(history([0, 0]), peeking), undefined);
  });
});
