import type { MeterAmount } from "@license-service/contract";
import { usageError } from "./cli-error.ts";

/** Most that fits into a request. */
const MOST = 2n ** 63n - 1n;

/**
 * The amounts of "METER=AMOUNT" arguments: whole numbers from `least` on, each meter once.
 *
 * @throws CliError of kind usage.
 */
export function readAmounts(args: readonly string[], least: bigint): MeterAmount[] {
  const amounts = args.map((text) => readAmount(text, least));
  const twice = amounts.find(({ meter }, i) => amounts.findIndex((one) => one.meter === meter) !== i);
  if (twice !== undefined) throw usageError(`"${twice.meter}" is named twice.`, REMEDY);
  return amounts;
}

const REMEDY =
  'Write METER=AMOUNT, for example base/cpus=16; "licensectl usage list" names the meters of the product.';

function readAmount(text: string, least: bigint): MeterAmount {
  const [, meter, number] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (meter === undefined || number === undefined) {
    throw usageError(`"${text}" is not a meter with an amount.`, REMEDY);
  }
  const amount = /^\d{1,19}$/.test(number) ? BigInt(number) : -1n;
  if (amount >= least && amount <= MOST) return { meter, amount };
  throw usageError(
    `"${text}": the amount is not a whole number from ${least} to ${MOST}: no fraction, no sign, no separator.`,
    REMEDY,
  );
}
