import { execFileSync } from "node:child_process";
import test from "ava";
import { signCompactJws } from "../../../src/license-file/compact-jws.ts";
import { parseRequestCode, platformIdOf, requestCodeOf } from "../../../src/platform/request-code.ts";
import { createTestPlatformKey } from "../../helpers/vendor.ts";

const key = await createTestPlatformKey();
const code = await requestCodeOf(key, "zstack-cloud");

test("a request code names the product and the platform", async (t) => {
  t.deepEqual(await parseRequestCode(code), { profile: "zstack-cloud", thumbprint: key.thumbprint });
  t.deepEqual(await parseRequestCode(` ${code}\r\n`), {
    profile: "zstack-cloud",
    thumbprint: key.thumbprint,
  });
});

test("a request code is one line without a line end, and always the same", async (t) => {
  t.regex(code, /^[A-Za-z0-9_.-]+$/);
  t.is(await requestCodeOf(key, "zstack-cloud"), code);
  t.not(await requestCodeOf(key, "zstack-3"), code);
});

test("AP-2: the platform id is the first 10 hex digits that md5sum gives for the request code's bytes", (t) => {
  const md5sum = execFileSync("md5sum", { input: code }).toString();
  t.is(platformIdOf(code), md5sum.slice(0, 10));
  t.regex(platformIdOf(code), /^[0-9a-f]{10}$/);
  t.is(platformIdOf(""), "d41d8cd98f");
});

test("a request code with any character changed, or cut, is none", async (t) => {
  for (let at = 0; at < code.length; at += 1) {
    const changed = code.charAt(at) === "A" ? "B" : "A";
    t.is(await parseRequestCode(code.slice(0, at) + changed + code.slice(at + 1)), undefined);
    t.is(await parseRequestCode(code.slice(0, at)), undefined);
  }
});

test("a request code that another key signed, or that is of another form, is none", async (t) => {
  const other = await createTestPlatformKey();
  const jwk = { crv: "Ed25519", kty: "OKP", x: key.publicKeyX };
  const signer = { keyId: key.thumbprint, privateKey: key.privateKey };
  const good = { ver: 1, profile: "zstack-cloud", jwk };
  const sign = (by: { keyId: string; privateKey: typeof key.privateKey }, payload: Record<string, unknown>) =>
    signCompactJws(by, "license-request+jwt", payload);
  t.truthy(await parseRequestCode(await sign(signer, good)));
  for (const text of [
    await sign({ keyId: other.thumbprint, privateKey: other.privateKey }, good),
    await sign({ keyId: key.thumbprint, privateKey: other.privateKey }, good),
    await sign({ keyId: other.thumbprint, privateKey: key.privateKey }, good),
    await sign(signer, { ...good, ver: 2 }),
    await sign(signer, { ...good, profile: "A B" }),
    await sign(signer, { ...good, extra: 1 }),
    await sign(signer, { ...good, jwk: { ...jwk, x: "A".repeat(43) } }),
    "",
    "hello",
  ]) {
    t.is(await parseRequestCode(text), undefined, text);
  }
});
