/**
 * The one reader and the one writer of every signed artefact: licenses, request codes, signed rows. It is
 * stricter than jose, which takes loose base64 in the signature, duplicate names and headers it does not know.
 */
import { CompactSign, type CryptoKey, compactVerify } from "jose";
import { decodeBase64url } from "./base64url.ts";
import { SIGNATURE_ALGORITHM } from "./ed25519-key.ts";
import { outsideText } from "./outside-text.ts";
import { readStrictJson } from "./strict-json.ts";

/** What an artefact is; a signature over one kind is worth nothing in another's place (threat 10). */
export type JwsType =
  | "license+jwt"
  | "license-request+jwt"
  | "first-start+jwt"
  | "upload-sequence+jwt"
  | "reacquisition+jwt"
  | "usb-state+jwt"
  | "usb-sight+jwt";

/** A compact JWS whose form is right. Its payload is not to be believed before the signature is checked. */
export interface CompactJws {
  /** The exact text. */
  readonly text: string;
  /** Name of the key, raw outside text. */
  readonly keyId: string;
  readonly payload: Uint8Array;
}

/** What is wrong with a text: not a JWS at all, or a header that is not allowed. For a person, escaped. */
export interface JwsFault {
  readonly kind: "SHAPE" | "HEADER";
  readonly message: string;
}

/** Longest key id that any artefact may name. */
const MAX_KEY_ID_LENGTH = 128;

/**
 * Reads `header.payload.signature`: three parts in canonical base64url, a header of exactly `alg`, `typ` and
 * `kid`. Checks no signature.
 *
 * @param text the exact text, without a line end.
 * @param type the only `typ` that is right here.
 */
export function readCompactJws(text: string, type: JwsType): { jws: CompactJws } | { fault: JwsFault } {
  const [protectedHeader = "", encodedPayload = "", signature, ...rest] = text.split(".", 4);
  if (signature === undefined || rest.length > 0 || protectedHeader === "" || encodedPayload === "") {
    return shapeFault("it is not three parts with dots between them");
  }
  const header = decodeBase64url(protectedHeader);
  const payload = decodeBase64url(encodedPayload);
  if (header === undefined || payload === undefined || decodeBase64url(signature) === undefined) {
    return shapeFault("its parts are not in canonical base64url");
  }
  const read = readHeader(header, type);
  return "fault" in read ? read : { jws: { text, keyId: read.keyId, payload } };
}

function shapeFault(message: string): { fault: JwsFault } {
  return { fault: { kind: "SHAPE", message } };
}

function headerFault(message: string): { fault: JwsFault } {
  return { fault: { kind: "HEADER", message } };
}

function readHeader(bytes: Uint8Array, type: JwsType): { keyId: string } | { fault: JwsFault } {
  const json = readStrictJson(bytes);
  if ("fault" in json) {
    return isJsonObject(bytes)
      ? headerFault("its header is not in canonical form")
      : shapeFault("its header is not JSON");
  }
  if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) {
    return shapeFault("its header is not a JSON object");
  }
  return readHeaderMembers(new Map(Object.entries(json.value)), type);
}

function readHeaderMembers(
  header: ReadonlyMap<string, unknown>,
  type: JwsType,
): { keyId: string } | { fault: JwsFault } {
  if (header.get("alg") !== SIGNATURE_ALGORITHM) return headerFault(`its alg is not ${SIGNATURE_ALGORITHM}`);
  if (header.get("typ") !== type) return headerFault(`its typ is not ${type}`);
  const keyId = header.get("kid");
  if (typeof keyId !== "string" || keyId === "" || keyId.length > MAX_KEY_ID_LENGTH) {
    return headerFault(`its kid is not a text of 1 to ${MAX_KEY_ID_LENGTH} characters`);
  }
  const other = [...header.keys()].find((name) => !["alg", "typ", "kid"].includes(name));
  if (other !== undefined) return headerFault(`"${outsideText(other, 40)}" is not allowed in its header`);
  return { keyId };
}

/** Tells a header in a wrong form from bytes that are no header at all; decides only the wording of a refusal. */
function isJsonObject(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Whether `key` signed exactly these bytes. */
export async function isSignedBy(jws: CompactJws, key: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(jws.text, key, { algorithms: [SIGNATURE_ALGORITHM] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Signs a payload. Ed25519 is deterministic: the same key, type and payload give the same text.
 *
 * @param payload members in the order in which they are to be signed.
 */
export function signCompactJws(
  signer: { readonly keyId: string; readonly privateKey: CryptoKey },
  type: JwsType,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, typ: type, kid: signer.keyId })
    .sign(signer.privateKey);
}
