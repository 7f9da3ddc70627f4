import { X509Certificate } from "node:crypto";
import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import { Callers } from "../../../src/identity/callers.ts";
import { parseCertificateEntries } from "../../../src/identity/certificate-entries.ts";
import { CertificateTable } from "../../../src/identity/certificate-table.ts";
import { alternativeNames, readClientCertificate } from "../../../src/identity/client-certificate.ts";
import { createToken, hashToken } from "../../../src/identity/token.ts";
import { TokenTable } from "../../../src/identity/token-table.ts";
import { type CertificateParts, createTestAuthority } from "../../helpers/certificates.ts";

const NOW = Date.now();
const AUTHORITY = createTestAuthority();

function certificateOf(parts: CertificateParts) {
  return readClientCertificate(new X509Certificate(AUTHORITY.issue(parts).certificate));
}

function tableOf(...identities: readonly object[]): CertificateTable {
  const table = new CertificateTable();
  table.replace(parseCertificateEntries(JSON.stringify({ identities })));
  return table;
}

function reasonOf(identify: () => unknown): string {
  try {
    identify();
  } catch (error) {
    if (error instanceof ServiceError) return error.reason;
    throw error;
  }
  return "none";
}

const COMPUTE = { name: "compute", role: "service", uri: "spiffe://cloud/compute" };
const OPS = { name: "ops", role: "admin", dns: "Ops.Example" };
const OLD = { name: "old", role: "viewer", commonName: "old-client" };

test("a certificate is known by its URI, its DNS name or its common name", (t) => {
  const table = tableOf(COMPUTE, OPS, OLD);
  const nameOf = (parts: CertificateParts) => table.identify(certificateOf(parts), NOW).name;
  t.is(nameOf({ uris: ["x:y", "spiffe://cloud/compute"] }), "compute");
  t.is(nameOf({ dns: ["ops.EXAMPLE"] }), "ops");
  t.is(nameOf({ commonName: "old-client" }), "old");
});

test("a name counts in its own kind alone, whole, and whatever hides in it", (t) => {
  const table = tableOf(COMPUTE, OPS, OLD);
  const strangers: CertificateParts[] = [
    {},
    { uris: ["spiffe://cloud/compute/"] },
    { uris: ["SPIFFE://cloud/compute"] },
    { uris: ["x:y, URI:spiffe://cloud/compute"] },
    { dns: ["spiffe://cloud/compute"] },
    { commonName: "ops.example" },
    { dns: ["old-client"] },
    { dns: ["x, DNS:ops.example"] },
    { dns: ['x", DNS:ops.example'] },
    { dns: ["ops.example\0.evil"] },
    { commonName: "old-client\nCN=x" },
    { commonName: "x\nCN=old-client" },
  ];
  for (const parts of strangers) {
    t.is(
      reasonOf(() => table.identify(certificateOf(parts), NOW)),
      "CERTIFICATE_UNKNOWN",
      JSON.stringify(parts),
    );
  }
});

test("text of names that is not wholly of the known form has no names", (t) => {
  t.deepEqual(alternativeNames('DNS:a, URI:"b\\u002c c"'), [
    ["DNS", "a"],
    ["URI", "b, c"],
  ]);
  for (const text of ["", "DNS", 'DNS:a, "URI:b"', 'DNS:"a', "DNS:a,URI:b", "DNS:a, "]) {
    t.deepEqual(alternativeNames(text), [], text);
  }
});

test("of several entries that fit the first in the file decides", (t) => {
  const both = certificateOf({ uris: ["spiffe://cloud/compute"], dns: ["ops.example"] });
  t.is(tableOf(COMPUTE, OPS).identify(both, NOW).role, "service");
  t.is(tableOf(OPS, COMPUTE).identify(both, NOW).role, "admin");
});

test("a certificate counts until just before its end", (t) => {
  const table = tableOf(OLD);
  const certificate = certificateOf({ commonName: "old-client" });
  const identity = table.identify(certificate, certificate.expiresAt - 1);
  t.is(identity.expiresAt, certificate.expiresAt);
  t.is(
    reasonOf(() => table.identify(certificate, certificate.expiresAt)),
    "CERTIFICATE_EXPIRED",
  );
  t.is(table.refusalOf(identity, certificate, certificate.expiresAt)?.reason, "CERTIFICATE_EXPIRED");
});

test("an identity ends with its entry, and with another role in it", (t) => {
  const table = tableOf(OLD);
  const certificate = certificateOf({ commonName: "old-client" });
  const identity = table.identify(certificate, NOW);
  t.is(table.refusalOf(identity, certificate, NOW), undefined);
  table.replace(parseCertificateEntries(JSON.stringify({ identities: [COMPUTE, OLD] })));
  t.is(table.refusalOf(identity, certificate, NOW), undefined);
  table.replace(parseCertificateEntries(JSON.stringify({ identities: [{ ...OLD, role: "service" }] })));
  t.is(table.refusalOf(identity, certificate, NOW)?.reason, "CERTIFICATE_UNKNOWN");
  table.replace([]);
  t.is(table.refusalOf(identity, certificate, NOW)?.reason, "CERTIFICATE_UNKNOWN");
});

test("a token in the call decides, good or bad, and the certificate only without one", (t) => {
  const tokens = new TokenTable();
  const token = createToken();
  const row = { id: "1", name: "t", role: "viewer", sha256: hashToken(token), createdAt: NOW } as const;
  tokens.replace([{ ...row, expiresAt: undefined, revokedAt: undefined }]);
  const callers = new Callers(tokens, tableOf(OPS));
  const ops = certificateOf({ dns: ["ops.example"] });
  t.is(callers.identify(undefined, ops, NOW).id, "certificate:ops");
  t.is(callers.identify(`Bearer ${token}`, ops, NOW).id, "1");
  for (const bad of ["", "Basic eDp5", `Bearer ${createToken()}`]) {
    t.regex(
      reasonOf(() => callers.identify(bad, ops, NOW)),
      /^TOKEN_/,
    );
  }
  t.is(
    reasonOf(() => callers.identify(undefined, undefined, NOW)),
    "TOKEN_MISSING",
  );
});

const REFUSED: readonly [text: string, message: RegExp][] = [
  ["", /^it is not JSON$/],
  ["[]", /^it must be \{"identities": \[\.\.\.\]\}/],
  ['{"identities":[],"more":1}', /unknown member "more"/],
  [
    JSON.stringify({ identities: [COMPUTE, { ...OPS, role: "root" }] }),
    /^entry 2 \("ops"\): role must be one of admin/,
  ],
  [
    JSON.stringify({ identities: [{ name: "a", role: "admin" }] }),
    /^entry 1 \("a"\) must have exactly one of/,
  ],
  [JSON.stringify({ identities: [{ ...OPS, uri: "x:y" }] }), /must have exactly one of/],
  [JSON.stringify({ identities: [{ ...OPS, cn: "x" }] }), /^entry 1 \("ops"\) has the unknown member "cn"/],
  [JSON.stringify({ identities: [{ ...OPS, dns: "a b" }] }), /dns must be a DNS name/],
  [JSON.stringify({ identities: [{ ...COMPUTE, uri: "compute" }] }), /uri must be a URI/],
  [
    JSON.stringify({ identities: [OPS, { ...OLD, name: "ops" }] }),
    /^entry 2 \("ops"\) has the name of an entry/,
  ],
  [
    JSON.stringify({ identities: [OPS, { ...OPS, name: "b", dns: "ops.example" }] }),
    /^entry 2 \("b"\) is for the cert/,
  ],
  [
    JSON.stringify({ identities: [{ ...OPS, name: "a\r\n\u001b[31m" }] }),
    /^entry 1 \("a\\u\{d\}\\u\{a\}\\u\{1b\}\[31m"\): name/,
  ],
  [JSON.stringify({ identities: [3] }), /^entry 1 /],
];

for (const [text, message] of REFUSED) {
  test(`the identities ${text.slice(0, 90)} are refused by entry`, (t) => {
    t.throws(() => parseCertificateEntries(text), { message });
  });
}
