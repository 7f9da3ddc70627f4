import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import test from "ava";
import { licenseIdOf } from "../../../src/license-file/license-of-claims.ts";
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { platformIdOf, requestCodeOf } from "../../../src/platform/request-code.ts";
import { signRow } from "../../../src/platform/signed-row.ts";
import { createTestPlatformKey, createTestVendor, issue } from "../../helpers/vendor.ts";

/** Private key of RFC 8032, section 7.1, test 1: known to all, used nowhere. */
const PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`;

const vendor = await createTestVendor({ pem: PEM });
const platform = await createTestPlatformKey(PEM);

test("the key of the golden texts is the one of RFC 8032", (t) => {
  t.is(platform.publicKeyX, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  t.is(platform.thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

test("the text of a license is exactly this, claims in the order of the format", async (t) => {
  const text = await issue(vendor, platform.thumbprint, {
    customer: "示例客户",
    jti: "L-2026-0001",
    quotas: { cpus: 64 },
    nbf: 1767312000,
  });
  const [header = "", payload = "", signature] = text.split(".");
  t.is(Buffer.from(header, "base64url").toString(), '{"alg":"EdDSA","typ":"license+jwt","kid":"vendor-1"}');
  t.is(
    Buffer.from(payload, "base64url").toString(),
    '{"ver":1,"iss":"Example Vendor","jti":"L-2026-0001","iat":1767225600,"nbf":1767312000,"exp":1798761600,' +
      '"sub":"request:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","profile":"zstack-cloud","item":"base",' +
      '"edition":"enterprise","term":"paid","quotas":{"cpus":64},"customer":"示例客户"}',
  );
  t.is(signature, "Hk4pQLUQc7310MA6wQqnYlyrXLKFED16DvTJFmHuTEfjEzCWXilH9zsolz08gG2Sx6cQ9G2XaVf0bzx2kXGJDQ");
  t.is(licenseIdOf(text), "0c1a8e53-a841-8150-ba00-79b290cd7003");
});

test("AP-2: the request code and the platform id of a key and a product are exactly these", async (t) => {
  const code = await requestCodeOf(platform, "zstack-cloud");
  const [header = "", payload = "", signature] = code.split(".");
  t.is(
    Buffer.from(header, "base64url").toString(),
    '{"alg":"EdDSA","typ":"license-request+jwt","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}',
  );
  t.is(
    Buffer.from(payload, "base64url").toString(),
    '{"ver":1,"profile":"zstack-cloud","jwk":{"crv":"Ed25519","kty":"OKP",' +
      '"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}',
  );
  t.is(signature, "1ojB2_cM8pknz-tWOvBws71pLAG_BYQyM-FT4jRs5QkaocIVzfeIL_H1wq3eBC0Mo0r4Rx87Kou5cuauoEB1Cg");
  t.is(platformIdOf(code), "3c4876b938");
});

test("a signed row is exactly this text", async (t) => {
  t.is(
    await signRow(platform, "first-start", { at: 1767225600000, platform: platform.thumbprint }),
    "eyJhbGciOiJFZERTQSIsInR5cCI6ImZpcnN0LXN0YXJ0K2p3dCIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsifQ.eyJ2ZXIiOjEsImF0IjoxNzY3MjI1NjAwMDAwLCJwbGF0Zm9ybSI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsifQ.R-SM0EEIfQIPYm4i8c-ll8IeYMs_XZzB8IDtbDlmlR8HmaXhfw-RXDT52spahOq6YUJF2lZ082kOoyWJ5fUMCA",
  );
});

test("a package of the same files has the same bytes once inflated, and the same names", async (t) => {
  const bytes = await packLicenses([{ fileName: "base.lic", signedBytes: "a.b.c" }]);
  t.is(
    createHash("sha256").update(gunzipSync(bytes)).digest("hex"),
    "810c6cdea5e2a0b19b5d10dc3feea1f36b8239e92895684595b6513e02367218",
  );
});
