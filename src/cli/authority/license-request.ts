import { readFile } from "node:fs/promises";
import type { Term } from "../../domain/license.ts";
import type { LicenseRequest } from "../../license-file/issue-license.ts";
import { parseRequestCode } from "../../platform/request-code.ts";
import { usageError } from "../cli-error.ts";
import { defined } from "../defined.ts";
import { readInstant, readNumber } from "../options.ts";
import { readPublicKeyFile } from "./public-key-file.ts";

/** Options of `licensectl authority issue`. */
export interface IssueOptions {
  readonly directory: string;
  readonly requestCode?: string;
  readonly usbKey?: string;
  readonly usb?: string;
  readonly usbPublicKey?: string;
  readonly profile?: string;
  /** Profile file of a product that does not ship. */
  readonly profileFile?: string;
  readonly item: string;
  readonly edition?: string;
  readonly fromEdition?: string;
  readonly term: Term;
  readonly quota?: readonly string[];
  readonly issued?: string;
  readonly start?: string;
  readonly end?: string;
  readonly days?: string;
  readonly seconds?: string;
  readonly customer: string;
  readonly productName?: string;
  readonly contract?: string;
  readonly authorizationCode?: string;
  readonly serviceEnd?: string;
  readonly jti?: string;
  readonly out?: string;
  readonly force?: boolean;
}

const DAY_SECONDS = 86_400;
/** No license is longer than the calendar of its format (year 9999). */
const MAX_SECONDS = 253_402_300_799;

/**
 * The claims that the options ask for.
 * @param now instant from which distances such as "+30d" count.
 * @throws CliError of kind usage.
 */
export async function toLicenseRequest(options: IssueOptions, now: Date): Promise<LicenseRequest> {
  const binding = await readBinding(options);
  return defined({
    ...binding,
    iat: toSeconds("--issued", options.issued, now),
    nbf: toSeconds("--start", options.start, now),
    exp: readEnd(options, now),
    item: options.item,
    edition: options.edition,
    from_edition: options.fromEdition,
    term: options.term,
    quotas: readQuotas(options.quota),
    service_end: toSeconds("--service-end", options.serviceEnd, now),
    customer: options.customer,
    product_name: options.productName,
    contract_number: options.contract,
    authorization_code: options.authorizationCode,
    jti: options.jti,
  });
}

type BindingClaims = Pick<LicenseRequest, "sub" | "profile" | "cnf">;

async function readBinding(options: IssueOptions): Promise<BindingClaims> {
  const { requestCode, usbKey, usb, usbPublicKey, profile } = options;
  if (usbKey !== undefined) {
    if (profile === undefined) throw usageError("--usb-key needs --profile.");
    const { keyId, jwk } = await readPublicKeyFile("--usb-key", usbKey);
    return { sub: `usb:${keyId}`, profile, cnf: { jwk } };
  }
  if (usb !== undefined && usbPublicKey !== undefined && profile !== undefined) {
    return { sub: `usb:${usb}`, profile, cnf: { jwk: await readJson(usbPublicKey) } };
  }
  if (usb !== undefined) throw usageError("--usb needs --usb-public-key and --profile.");
  if (requestCode === undefined)
    throw usageError("Name the platform by --request-code, or a USB key by --usb-key.");
  const code = await parseRequestCode(await readTextOrFile(requestCode));
  if (code === undefined) {
    throw usageError(
      "--request-code: this is no request code, or a damaged one.",
      'Ask the customer for the file request-code.txt, or for the output of "licensectl request-code".',
    );
  }
  if (profile !== undefined && profile !== code.profile) {
    throw usageError(`--profile: the request code is for the product ${code.profile}.`);
  }
  return { sub: `request:${code.thumbprint}`, profile: code.profile };
}

/** A request code itself has two dots and no slash; everything else is the name of a file. */
async function readTextOrFile(given: string): Promise<string> {
  if (/^\s*[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(given) && given.length > 100) return given;
  try {
    return await readFile(given, "utf8");
  } catch (error) {
    throw usageError(`--request-code: the file ${given} cannot be read: ${describe(error)}.`);
  }
}

/** Any JSON: what is wrong with it as a key, the reader of claims says. */
async function readJson(path: string): Promise<NonNullable<LicenseRequest["cnf"]>["jwk"]> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw usageError(`--usb-public-key: ${path} cannot be read as JSON: ${describe(error)}.`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toSeconds(option: string, text: string | undefined, now: Date): number | undefined {
  const instant = readInstant(option, text, now);
  return instant === undefined ? undefined : Math.floor(instant.getTime() / 1000);
}

function readEnd(options: IssueOptions, now: Date): number | undefined {
  if (options.end !== undefined) return toSeconds("--end", options.end, now);
  const days = readNumber("--days", options.days, { min: 1, max: MAX_SECONDS / DAY_SECONDS });
  const seconds = readNumber("--seconds", options.seconds, { min: 1, max: MAX_SECONDS });
  const length = days === undefined ? seconds : days * DAY_SECONDS;
  if (length === undefined) return undefined;
  const start =
    toSeconds("--start", options.start ?? options.issued, now) ?? Math.floor(now.getTime() / 1000);
  return start + length;
}

function readQuotas(given: readonly string[] | undefined): LicenseRequest["quotas"] {
  if (given === undefined) return undefined;
  const quotas = new Map<string, number>();
  for (const text of given) {
    const { unit, amount } = /^(?<unit>[^=]+)=(?<amount>\d{1,16})$/.exec(text)?.groups ?? {};
    if (unit === undefined || amount === undefined || !Number.isSafeInteger(Number(amount))) {
      throw usageError(`--quota: "${text}" is not a unit and a whole number, such as cpus=64.`);
    }
    if (quotas.has(unit)) throw usageError(`--quota: ${unit} is there twice.`);
    quotas.set(unit, Number(amount));
  }
  return Object.fromEntries(quotas);
}
