import test from "ava";
import { isSoundPublicKey } from "../../../src/license-file/ed25519-key.ts";
import { verifyLicense } from "../../../src/license-file/verify-license.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";

/** Order of the group that signatures live in. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Every encoding of a point of small order, canonical or not (y below 2^255, both signs of x). */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

function xOf(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64url");
}

type Point = readonly [x: bigint, y: bigint];

const P = 2n ** 255n - 19n;
const D = modulo(-121665n * inverse(121666n));

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power(modulo(base * base), exponent / 2n);
  return exponent % 2n === 1n ? modulo(half * base) : half;
}

function inverse(value: bigint): bigint {
  return power(modulo(value), P - 2n);
}

function littleEndian(hex: string): bigint {
  return BigInt(`0x${Buffer.from(hex, "hex").reverse().toString("hex")}`);
}

/** Both points of the curve -x² + y² = 1 + d x² y² with this y. */
function pointsWithY(y: bigint): Point[] {
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n));
  const root = power(square, (P + 3n) / 8n);
  const x = modulo(root * root) === square ? root : modulo(root * power(2n, (P - 1n) / 4n));
  return [
    [x, modulo(y)],
    [modulo(-x), modulo(y)],
  ];
}

function double([x, y]: Point): Point {
  const product = modulo(D * x * x * y * y);
  return [modulo(2n * x * y * inverse(1n + product)), modulo((y * y + x * x) * inverse(1n - product))];
}

test("threat 8: the same signature with the group's order added to S is refused", async (t) => {
  const vendor = await createTestVendor();
  const platform = await createTestPlatformKey();
  const expected = { thumbprint: platform.thumbprint, profile: "zstack-cloud" };
  const [header, payload, signature = ""] = (await issue(vendor, platform.thumbprint)).split(".");
  const bytes = Buffer.from(signature, "base64url");
  const s = littleEndian(bytes.subarray(32).toString("hex"));
  const other = Buffer.from((s + L).toString(16).padStart(64, "0"), "hex").reverse();
  const forged = Buffer.concat([bytes.subarray(0, 32), other]).toString("base64url");
  t.not(forged, signature);
  const verdict = await verifyLicense(`${header}.${payload}.${forged}`, vendor.trust, expected);
  t.like(verdict, { refusal: { reason: "SIGNATURE_INVALID" } });
});

test("threat 8: every public key of small order is refused before it verifies anything", (t) => {
  for (const hex of SMALL_ORDER) t.false(isSoundPublicKey(xOf(hex)), hex);
});

test("threat 8: the refused keys are the eight points whose eightfold is zero, and no point is missing", (t) => {
  const points = SMALL_ORDER.flatMap((hex) => pointsWithY(littleEndian(hex) & (2n ** 255n - 1n)));
  t.is(new Set(points.map(String)).size, 8);
  for (const point of points) t.deepEqual(double(double(double(point))), [0n, 1n]);
});

test("threat 8: a public key in another than the canonical encoding is refused", async (t) => {
  const { publicKeyX } = await createTestPlatformKey();
  t.true(isSoundPublicKey(publicKeyX));
  t.false(isSoundPublicKey(`${publicKeyX}=`));
  t.false(isSoundPublicKey(publicKeyX.slice(1)));
  t.false(isSoundPublicKey(`${publicKeyX}AA`));
  t.false(isSoundPublicKey(""));
  // y = p + 3: the same point as y = 3 for lax readers.
  t.false(isSoundPublicKey(xOf("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
});
