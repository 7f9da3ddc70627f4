/**
 * A server that is given the platform of one conformance group after another, as its operators would: by
 * uploads, reports of usage and reloads. Its clock stands still between them.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Revision } from "@license-service/contract";
import { DAY_MS, type Instant } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { signCompactJws } from "../../src/license-file/compact-jws.ts";
import { packLicenses } from "../../src/license-file/pack-licenses.ts";
import { type ConformanceCase, type LicenseText, toInstant, type When } from "./conformance.ts";
import type { Answer } from "./conformance-answer.ts";
import type { CaseGroup, ServerGroups } from "./conformance-groups.ts";
import { answerByRpc } from "./conformance-rpc.ts";
import { createQuotaCall, type QuotaCall } from "./quota-calls.ts";
import { type RpcService, startRpcService, type Teardown } from "./rpc-service.ts";

/** First start of a platform whose trial or pre-authorization is long over, in days before the origin. */
const LONG_AGO_DAYS = 1_000;

/** The answer to a case, with the origin by which its days are to be read. */
export interface ServedAnswer {
  readonly one: ConformanceCase;
  readonly origin: string;
  readonly actual: Answer;
}

/** A server for the groups that share its settings. */
export class ConformanceServer {
  readonly #profile: Profile;
  readonly #rpc: RpcService;
  readonly #callQuota: QuotaCall;
  readonly #fileOrigin: Instant;
  /** Day 0 of the group that is asked: each group has its own, for the clock never runs back. */
  #origin: Instant;
  /** Tells the licenses of one group from those of another: their bytes and numbers differ. */
  #group = 0;
  #names = new Map<string, string>();
  #reported: readonly string[] = [];

  private constructor(profile: Profile, rpc: RpcService, callQuota: QuotaCall, origin: Instant) {
    this.#profile = profile;
    this.#rpc = rpc;
    this.#callQuota = callQuota;
    this.#fileOrigin = origin;
    this.#origin = origin;
  }

  /** Starts a server on a platform of its own; everything is ended by the test's teardown. */
  static async start(
    t: Teardown,
    profile: Profile,
    origin: string,
    { version, firstStart = -LONG_AGO_DAYS }: ServerGroups,
  ): Promise<ConformanceServer> {
    const rpc = await startRpcService(t, {
      clockStandsAt: toInstant(origin, firstStart),
      settings: {
        LICENSE_PROFILE: profile.name,
        ...(version === undefined ? {} : { LICENSE_PRODUCT_VERSION: version }),
      },
    });
    const token = await readFile(join(rpc.place.dataDirectory, "admin-token"), "utf8");
    const callQuota = createQuotaCall(t, rpc.service.address, token.trim());
    return new ConformanceServer(profile, rpc, callQuota, Date.parse(origin));
  }

  /** Makes the platform of a group, and asks its questions: by what is in use, then in the order of their instants. */
  async *ask({ platform, cases }: CaseGroup): AsyncGenerator<ServedAnswer> {
    await this.#clear();
    await this.#install(platform.licenses);
    for (const when of platform.reacquired) {
      this.#moveTo(this.#instant(when));
      await this.#rpc.call("reloadLicense");
    }
    const inOrder = cases.toSorted((a, b) => this.#instant(a.at) - this.#instant(b.at));
    const origin = new Date(this.#origin).toISOString();
    for (const sameUse of Map.groupBy(inOrder, (one) => JSON.stringify(one.platform.usage)).values()) {
      await this.#report(sameUse[0]?.platform.usage ?? {});
      for (const one of sameUse) yield { one, origin, actual: await this.#answer(one) };
    }
  }

  async #answer({ ask, at }: ConformanceCase): Promise<Answer> {
    // What would change by an upload or a deletion is asked of now.
    if (ask.upload !== undefined || ask.delete !== undefined) this.#moveTo(this.#instant(at));
    const atTime = new Date(this.#instant(at));
    const uploaded = ask.upload === undefined ? Buffer.alloc(0) : await this.#pack(ask.upload);
    return answerByRpc({ rpc: this.#rpc, atTime, uploaded, names: this.#names }, ask);
  }

  #instant(when: When): Instant {
    return toInstant(new Date(this.#fileOrigin).toISOString(), when) + this.#origin - this.#fileOrigin;
  }

  #moveTo(at: Instant): void {
    const ahead = at - this.#rpc.clock.now();
    if (ahead < 0) throw new Error("the clock never runs back: ask these cases of different platforms");
    this.#rpc.clock.jump(ahead);
  }

  /**
   * Begins a group: nothing is installed, and its day 0 lies ahead. The rows go behind the server's back,
   * for not every product lets its licenses be deleted; what a deletion does is told by other tests.
   */
  async #clear(): Promise<void> {
    this.#group += 1;
    if (this.#names.size > 0) await this.#clearLicenses();
    this.#names = new Map();
    if (this.#group > 1) {
      const days = Math.ceil((this.#rpc.clock.now() - this.#fileOrigin) / DAY_MS);
      this.#origin = this.#fileOrigin + (days + 2) * DAY_MS;
    }
    // A platform that was first started on its day 0 or later is given its licenses then.
    this.#moveTo(Math.max(this.#origin - DAY_MS, this.#rpc.clock.now()));
  }

  async #clearLicenses(): Promise<void> {
    const [row] = await this.#rpc.query<{ store_id: string; epoch: string; revision: string }>(
      CLEAR_LICENSES,
    );
    if (row === undefined) throw new Error("the store has no revision");
    const minRevision: Revision = {
      storeId: row.store_id,
      epoch: BigInt(row.epoch),
      revision: BigInt(row.revision),
    };
    await this.#rpc.call("getLicenseCapabilities", { minRevision });
  }

  /** Where licenses add up, or their order is that of a package (LI-2), one upload is enough. */
  async #install(licenses: readonly LicenseText[]): Promise<void> {
    if (licenses.length === 0) return;
    const placeholder = this.#needsPlaceholder(licenses) ? await this.#uploadPlaceholder() : undefined;
    if (this.#profile.merge === "sum" || this.#isInPackageOrder(licenses)) await this.#upload(licenses);
    else for (const license of licenses) await this.#upload([license]);
    if (placeholder !== undefined) await this.#rpc.call("deleteLicense", { licenseId: placeholder });
  }

  /** The base first, then other items by name, one license of each. */
  #isInPackageOrder(licenses: readonly LicenseText[]): boolean {
    const ranks = licenses.map(({ item }) => `${this.#profile.bases.has(item) ? 0 : 1} ${item}`);
    return ranks.every((rank, index) => index === 0 || (ranks[index - 1] ?? "") < rank);
  }

  async #upload(licenses: readonly LicenseText[]): Promise<void> {
    const answer = await this.#rpc.call("uploadLicense", { package: await this.#pack(licenses) });
    for (const { fileName, license } of answer.licenses) this.#names.set(license?.id ?? "", fileName);
  }

  /** Modules that are left without a base were uploaded with one. */
  #needsPlaceholder(licenses: readonly LicenseText[]): boolean {
    const [first] = licenses;
    return first !== undefined && this.#profile.modulesNeedBase && !this.#profile.bases.has(first.item);
  }

  async #uploadPlaceholder(): Promise<string> {
    const [base] = this.#profile.bases.values();
    const [edition] = base?.editions.keys() ?? [];
    if (edition === undefined) throw new Error("the product has no edition");
    const placeholder = { name: "placeholder", item: "base", edition, term: "paid" as const };
    const answer = await this.#rpc.call("uploadLicense", {
      package: await this.#pack([{ ...placeholder, issued: -1_000, quotas: { cpus: 1 } }]),
    });
    return answer.licenses[0]?.license?.id ?? "";
  }

  /** Files of a package are named as their licenses; the same license again has a name of its own. */
  async #pack(licenses: readonly LicenseText[]): Promise<Buffer> {
    const names = licenses.map(({ name }) => name);
    const files = licenses.map(async (text, index) => ({
      fileName: names.indexOf(text.name) === index ? text.name : `${text.name}-${index}`,
      signedBytes: await this.#sign(text),
    }));
    return Buffer.from(await packLicenses(await Promise.all(files)));
  }

  /** Signed without the vendor's own checks: what no vendor would sign is refused by the server. */
  #sign(text: LicenseText): Promise<string> {
    const seconds = (when: When | undefined) => (when === undefined ? undefined : this.#instant(when) / 1000);
    return signCompactJws(this.#rpc.vendor, "license+jwt", {
      ver: 1,
      iss: this.#rpc.vendor.issuer,
      jti: `${text.jti ?? text.name} of ${this.#group}`,
      iat: seconds(text.issued ?? 0),
      nbf: seconds(text.start ?? 0),
      exp: seconds(text.end),
      sub: `request:${this.#rpc.thumbprint}`,
      profile: this.#profile.name,
      item: text.item,
      edition: text.edition,
      term: text.term,
      from_edition: text.fromEdition,
      quotas: text.quotas,
      service_end: seconds(text.service),
      customer: "Example",
    });
  }

  /** Reports what is in use, and nothing of what the group before used; waits until answers count with it. */
  async #report(usage: Readonly<Record<string, number>>): Promise<void> {
    const cleared = this.#reported.map((meter): [string, number] => [meter, 0]);
    const amounts = new Map([...cleared, ...Object.entries(usage)]);
    this.#reported = Object.keys(usage);
    if (amounts.size === 0) return;
    const usages = [...amounts].map(([meter, amount]) => ({ meter, amount: BigInt(amount) }));
    const { usageRevision } = await this.#callQuota("reportUsage", { usages });
    while ((await this.#rpc.call("getLicenseCapabilities")).usageRevision < usageRevision) await delay(5);
  }
}

const CLEAR_LICENSES = `
  with emptied as (delete from licenses),
    moved as (
      update store set revision = revision + 1, revision_id = gen_random_uuid()
      returning store_id, epoch, revision, revision_id),
    listed as (insert into revisions (id, epoch, revision) select revision_id, epoch, revision from moved)
  select store_id, epoch, revision from moved`;
