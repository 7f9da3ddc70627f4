import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, type LicenseSketch, platformFrom } from "../../helpers/installed-licenses.ts";

const CLOUD = loadProfile("zstack-cloud");
const USPHERE = loadProfile("unicloud-usphere");

function shown(sketches: readonly LicenseSketch[], profile = CLOUD) {
  const { service } = evaluate(profile, platformFrom(profile, sketches), dayOf(10));
  return service && `${service.item} ${service.license.id} ${service.expired ? "ended" : "runs"}`;
}

const service = (name: string, item: string, rest: Partial<LicenseSketch> = {}): LicenseSketch => ({
  name,
  item,
  term: "paid",
  ...rest,
});
const base = (name: string, rest: Partial<LicenseSketch> = {}): LicenseSketch => ({
  name,
  item: "base",
  edition: "enterprise",
  term: "paid",
  quotas: { cpus: 4 },
  ...rest,
});

test("ZC-PL-6: with both running the later issued is shown, whichever was uploaded last", (t) => {
  const early = service("early", "service-5x8", { issued: 1 });
  const late = service("late", "service-7x24", { issued: 2 });
  t.is(shown([early, late]), "service-7x24 late runs");
  t.is(shown([late, early]), "service-7x24 late runs");
});

test("ZC-PL-6: a running item is shown before the service in the base license", (t) => {
  t.is(shown([base("b", { service: 100 }), service("s", "service-5x8", { end: 20 })]), "service-5x8 s runs");
});

test("ZC-PL-6: without a running item the service in the base license that decides is shown", (t) => {
  const ended = service("s", "service-5x8", { end: 5 });
  t.is(shown([base("old", { service: 200 }), base("new", { service: 100 }), ended]), "base new runs");
});

test("ZC-PL-6: where licenses add up the latest service of those that run is shown", (t) => {
  const formal = (name: string, end: number) => base(name, { term: "formal", service: end });
  t.is(shown([formal("long", 100), formal("short", 50)], USPHERE), "base long runs");
});

test("ZC-PL-6: if none runs the one that ended last is shown", (t) => {
  const item = service("s", "service-5x8", { end: 5 });
  t.is(shown([base("b", { service: 4 }), item]), "service-5x8 s ended");
  t.is(shown([base("b", { service: 6 }), item]), "base b ended");
});

test("ZC-PL-6: a service ends at its end", (t) => {
  t.is(shown([base("b", { service: 10 })]), "base b ended");
});

test("ZC-ED-1, ZC-ED-3: the community edition and a trial have no service, nor has one to come", (t) => {
  t.is(shown([]), undefined);
  t.is(shown([base("b", { term: "trial", end: 20, service: 20 })]), undefined);
  t.is(shown([service("s", "service-5x8", { start: 11 })]), undefined);
});
