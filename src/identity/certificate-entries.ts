/** The file that gives roles to client certificates (LICENSE_TLS_IDENTITIES). */
import { z } from "zod";
import { outsideText } from "../license-file/outside-text.ts";
import { ROLES, type Role } from "../store/types.ts";

/** By what a certificate is known. */
export type CertificateName = "uri" | "dns" | "commonName";

/** One entry: certificates with this name are this identity. */
export interface CertificateEntry {
  /** Name of the identity, for logs and lists; no two entries have the same. */
  readonly name: string;
  readonly role: Role;
  readonly by: CertificateName;
  /** What the certificate has to hold; DNS names in lower case. */
  readonly value: string;
}

const printable = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u, "must be 1 to 100 printable characters");

const entry = z
  .strictObject({
    name: printable,
    role: z.enum(ROLES, { error: `must be one of ${ROLES.join(", ")}` }),
    uri: z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,2000}$/,
        'must be a URI, such as "spiffe://cloud/compute"',
      )
      .optional(),
    dns: z
      .string()
      .regex(/^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be a DNS name, such as "ops.example"')
      .optional(),
    commonName: printable.optional(),
  })
  .transform(({ name, role, uri, dns, commonName }, context): CertificateEntry => {
    const named = { uri, dns: dns?.toLowerCase(), commonName };
    const given = (["uri", "dns", "commonName"] as const).filter((by) => named[by] !== undefined);
    const [by] = given;
    const value = by && named[by];
    if (given.length === 1 && by !== undefined && value !== undefined) return { name, role, by, value };
    context.addIssue({ code: "custom", message: "must have exactly one of uri, dns and commonName" });
    return z.NEVER;
  });

const file = z.strictObject({ identities: z.array(entry).max(10_000) });

/**
 * The entries of the file, in its order.
 *
 * @throws Error whose message is a clause on the file: it names the entry and what is wrong with it.
 */
export function parseCertificateEntries(text: string): readonly CertificateEntry[] {
  const json = parseJson(text);
  const parsed = file.safeParse(json);
  if (!parsed.success) throw new Error(clauseOf(parsed.error.issues[0], json));
  const entries = parsed.data.identities;
  refuseTwice(entries, ({ name }) => name, "has the name of an entry before it");
  refuseTwice(entries, ({ by, value }) => `${by} ${value}`, "is for the certificates of an entry before it");
  return entries;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error("it is not JSON", { cause: error });
  }
}

function clauseOf(issue: z.core.$ZodIssue | undefined, json: unknown): string {
  const [list, index, field] = issue?.path ?? [];
  const problem = issue?.code === "unrecognized_keys" ? unknownKeys(issue.keys) : (issue?.message ?? "");
  if (list !== "identities" || typeof index !== "number") {
    return `it must be {"identities": [...]}: ${problem}`;
  }
  return `${entryName(index, nameAt(json, index))}${field === undefined ? "" : `: ${String(field)}`} ${problem}`;
}

function unknownKeys(keys: readonly string[]): string {
  return `has the unknown member "${outsideText(keys[0] ?? "")}"`;
}

function nameAt(json: unknown, index: number): unknown {
  const { identities } = json as { identities: readonly unknown[] };
  const found = identities[index];
  return typeof found === "object" && found !== null && "name" in found ? found.name : undefined;
}

function entryName(index: number, name: unknown): string {
  const shown = typeof name === "string" ? ` ("${outsideText(name)}")` : "";
  return `entry ${index + 1}${shown}`;
}

function refuseTwice(
  entries: readonly CertificateEntry[],
  keyOf: (entry: CertificateEntry) => string,
  problem: string,
): void {
  const seen = new Set<string>();
  for (const [index, found] of entries.entries()) {
    const key = keyOf(found);
    if (seen.has(key)) throw new Error(`${entryName(index, found.name)} ${problem}`);
    seen.add(key);
  }
}
