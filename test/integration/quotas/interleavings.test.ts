/** Threat 21: whatever the interleaving, from whatever number of nodes, no more is given than there is. */
import test from "ava";
import fc from "fast-check";
import type { Reserved } from "../../../src/store/quotas.ts";
import { createStore } from "../../../src/store/store.ts";
import { openTestPool } from "../store/fixtures.ts";
import { allowanceOf, openQuotaStore, type QuotaStore } from "./_quota-store.ts";

const BASE = 12n;
const VMWARE = 5n;
const LIMITS = {
  guards: { "base/cpus": BASE },
  overflows: [{ source: "vmware/cpus", limit: VMWARE, target: "base/cpus" }],
};
const NODES = 3;

/** One step of a node: what to do, and with which of its reservations. */
interface Step {
  readonly act: "reserve" | "commit" | "release" | "repeat" | "end";
  readonly meter: "base/cpus" | "vmware/cpus";
  readonly amount: bigint;
  readonly pick: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("reserve", "reserve", "reserve", "commit", "release", "repeat", "end"),
  meter: fc.constantFrom("base/cpus", "vmware/cpus"),
  amount: fc.bigInt(1n, 4n),
  pick: fc.nat(),
});

/** What a node knows of a reservation of its own. */
interface Held {
  readonly request: Parameters<QuotaStore["store"]["reserve"]>[0];
  readonly reserved: Reserved;
  state: "leased" | "committed" | "released" | "ended";
}

class Node {
  readonly #quotas: QuotaStore;
  readonly #store: QuotaStore["store"];
  readonly #name: string;
  readonly held: Held[] = [];
  #keys = 0;

  constructor(quotas: QuotaStore, store: QuotaStore["store"], name: string) {
    this.#quotas = quotas;
    this.#store = store;
    this.#name = name;
  }

  async do({ act, meter, amount, pick }: Step): Promise<void> {
    if (act === "reserve") return this.#reserve(meter, amount);
    const one = this.held[pick % Math.max(1, this.held.length)];
    if (one === undefined) return;
    const { id } = one.reserved;
    if (act === "repeat") {
      const again = await this.#store.reserve(one.request, await allowanceOf(this.#quotas, LIMITS));
      if (again.outcome !== "RESERVED" || again.reserved.id !== id) throw new Error("not answered as before");
    } else if (act === "release") {
      await this.#store.releaseReservation(id, this.#name);
      if (one.state !== "ended") one.state = "released";
    } else if (act === "commit") {
      const { outcome } = await this.#store.commitReservation(id, this.#name);
      if (outcome === "COMMITTED" && one.state === "leased") one.state = "committed";
    } else if (one.state === "leased") {
      await this.#quotas.endLease(id);
      one.state = "ended";
    }
  }

  async #reserve(meter: string, amount: bigint): Promise<void> {
    this.#keys += 1;
    const request = {
      reporter: this.#name,
      idempotencyKey: `key-${this.#keys}`,
      resourceId: "",
      leaseMs: 60_000,
      amounts: [{ meter, amount }],
    };
    const outcome = await this.#store.reserve(request, await allowanceOf(this.#quotas, LIMITS));
    if (outcome.outcome !== "RESERVED") return;
    this.held.push({ request, reserved: outcome.reserved, state: "leased" });
  }
}

/** Use of the base, what VMware moves to it included. */
function baseUse(used: Readonly<Record<string, bigint>>): bigint {
  const beyond = (used["vmware/cpus"] ?? 0n) - VMWARE;
  return (used["base/cpus"] ?? 0n) + (beyond > 0n ? beyond : 0n);
}

test("threat 21: any interleaving of reserve, commit, release, repeat and ending leases keeps to the limits and to the sums", async (t) => {
  const quotas = await openQuotaStore(t);
  const pools = await Promise.all(Array.from({ length: NODES }, () => openTestPool(t, quotas.url)));
  let runs = 0;
  const property = fc.asyncProperty(
    fc.array(fc.array(step, { minLength: 5, maxLength: 25 }), { minLength: NODES, maxLength: NODES }),
    async (scripts) => {
      runs += 1;
      await quotas.knex.raw("delete from quota_reservations; delete from quota_reports");
      await quotas.knex("quota_totals").update({ totals: "{}", next_end_at: null });
      const nodes = pools.map((pool, n) => new Node(quotas, createStore(pool), `node-${runs}-${n}`));
      let isDone = false;
      const watch = async () => {
        while (!isDone) {
          if (baseUse(await quotas.used()) > BASE) throw new Error("more was given than there is");
        }
      };
      const work = Promise.all(
        nodes.map(async (node, n) => {
          for (const one of scripts[n] ?? []) await node.do(one);
        }),
      ).finally(() => {
        isDone = true;
      });
      await Promise.all([work, watch()]);
      const used = await quotas.used();
      for (const meter of ["base/cpus", "vmware/cpus"]) {
        const held = nodes
          .flatMap((node) => node.held)
          .filter(({ state }) => state === "leased" || state === "committed");
        const amounts = held.flatMap(({ request }) => request.amounts).filter((one) => one.meter === meter);
        const sum = amounts.reduce((total, { amount }) => total + amount, 0n);
        if ((used[meter] ?? 0n) !== sum) throw new Error(`${meter}: ${used[meter]} in use, ${sum} held`);
      }
    },
  );
  await t.notThrowsAsync(() => fc.assert(property, { numRuns: 15 }));
});
