import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { DecimalSum } from "../../examples/desk/risk/decimal_sum.ts";
import { Random } from "../../support/random.ts";

describe("DecimalSum", () => {
  it("adds decimals without rounding, of however many digits and in whatever order", () => {
    const random = new Random(2),
      decimals = Array.from({ length: 3000 }, () => {
        const digits = random.below(9), units = random.below(1e6) - 5e5;
        return { value: Number(`${units}e-${digits}`), exact: BigInt(units) * 10n ** BigInt(8 - digits) };
      });
    const one = new DecimalSum(), other = new DecimalSum(), part = new DecimalSum();
    for (const { value } of decimals) one.add(value);
    for (const { value } of decimals.toReversed().slice(0, 1000)) part.add(value);
    for (const { value } of decimals.toReversed().slice(1000)) other.add(value);
    assertEquals([other.equals(one), other.addSum(part), other.equals(one)], [false, true, true]);
    const exact = decimals.reduce((sum, { exact }) => sum + exact, 0n);
    assertEquals(BigInt(one.units) * 10n ** BigInt(8 - one.digits), exact);
    assertEquals(one.value, Number(`${exact}e-8`));
  });

  it("stays what it was if a sum would not be exact", () => {
    const sum = new DecimalSum();
    assertEquals([sum.add(332_200_000), sum.add(0.00001), sum.value], [true, true, 332_200_000.00001]);
    for (const value of [1e-9, 9e14, NaN, 0.1 + 0.2]) {
      assertEquals([sum.add(value), sum.value], [false, 332_200_000.00001]);
    }
    assertEquals([sum.add(-0.00001), sum.add(-332_200_000), sum.units], [true, true, 0]);
    assertEquals(new DecimalSum(0, 5).equals(new DecimalSum()), true);
  });
});
