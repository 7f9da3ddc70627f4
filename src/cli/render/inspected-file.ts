import type { InspectedFile } from "../../license-file/inspect-package.ts";
import { isTestKey } from "../../license-file/trust-store.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { toJsonText } from "../output/text.ts";
import { formatWithDistance } from "../output/time.ts";

/** Claims that are dates, in seconds since 1970. */
const DATE_CLAIMS: ReadonlySet<string> = new Set(["iat", "nbf", "exp", "service_end"]);
const LAST_SECOND = 253_402_300_799;

/** Claims that a person may not know by their short names. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["ver", "format version (ver)"],
  ["iss", "vendor (iss)"],
  ["jti", "number (jti)"],
  ["iat", "issued (iat)"],
  ["nbf", "starts (nbf)"],
  ["exp", "ends (exp)"],
  ["sub", "bound to (sub)"],
  ["cnf", "public key (cnf)"],
]);

/** Writes what one file of a package says, the verdict on its signature first. */
export function writeInspectedFile(screen: Screen, file: InspectedFile, withName: boolean): void {
  if (withName) screen.line`\n${styled("bold", file.fileName || "(no name)")}`;
  writeVerdict(screen, file);
  writeMembers(screen, "Header", file.header);
  writeMembers(screen, "Claims", file.claims);
}

function writeVerdict(screen: Screen, { verdict, refusal, header }: InspectedFile): void {
  if (verdict !== "VERIFIED") {
    screen.line`Signature: ${styled("red", "NOT VERIFIED")} ${refusal?.reason ?? ""}: ${refusal?.message ?? ""}`;
    return;
  }
  const keyId = String(member(header, "kid"));
  screen.line`Signature: ${styled("green", "VERIFIED")} by the key ${keyId}`;
  if (isTestKey(keyId)) {
    screen.line`${styled("yellow", "A test vendor signed it:")} it counts on servers in development mode only.`;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function writeMembers(screen: Screen, title: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    screen.line`${title}: not readable`;
    return;
  }
  screen.line`${title}:`;
  const now = new Date();
  const pairs = Object.entries(value).map(
    ([name, content]) => [LABELS.get(name) ?? screen.show(name), showClaim(name, content, now)] as const,
  );
  screen.fields(pairs, "  ");
}

function showClaim(name: string, value: unknown, now: Date): Inline {
  if (typeof value === "string") return value;
  if (DATE_CLAIMS.has(name) && Number.isInteger(value) && Math.abs(Number(value)) <= LAST_SECOND) {
    return formatWithDistance(new Date(Number(value) * 1000), now);
  }
  return toJsonText(value, 0);
}
