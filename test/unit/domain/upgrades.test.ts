import test from "ava";
import { editionAt, isUpgrade, liftedBy, startedUpgrades } from "../../../src/domain/upgrades.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, installedFrom, type LicenseSketch } from "../../helpers/installed-licenses.ts";

const PROFILE = loadProfile("unicloud-usphere");
const STANDARD: LicenseSketch = { name: "standard", item: "base", edition: "standard", term: "formal" };
const TO_ENTERPRISE: LicenseSketch = {
  name: "to-enterprise",
  item: "base",
  edition: "enterprise",
  from: "standard",
  term: "formal",
  start: 10,
};
const TO_PLUS: LicenseSketch = {
  name: "to-plus",
  item: "base",
  edition: "enterprise-plus",
  from: "enterprise",
  term: "formal",
  start: 20,
};

test("US-UP-1: an upgrade lifts its source edition from its start on, in as many steps as there are", (t) => {
  const licenses = installedFrom(PROFILE, [TO_PLUS, TO_ENTERPRISE, STANDARD]);
  const editionOn = (day: number) => editionAt(licenses, { edition: "standard" }, dayOf(day));
  t.is(editionOn(9.999), "standard");
  t.is(editionOn(10), "enterprise");
  t.is(editionOn(20), "enterprise-plus");
});

test("US-UP-1: an edition that nothing lifts stays as it is", (t) => {
  const licenses = installedFrom(PROFILE, [TO_ENTERPRISE]);
  t.is(editionAt(licenses, { edition: "enterprise-plus" }, dayOf(30)), "enterprise-plus");
  t.is(editionAt(licenses, { edition: undefined }, dayOf(30)), undefined);
});

test("US-UP-1: a license with a source edition is an upgrade, and no other is", (t) => {
  const licenses = installedFrom(PROFILE, [STANDARD, TO_ENTERPRISE]);
  t.deepEqual(licenses.map(isUpgrade), [false, true]);
  t.deepEqual([...startedUpgrades(licenses, dayOf(10))], [["standard", "enterprise"]]);
});

test("upgrades that lead in a circle end somewhere", (t) => {
  const circle = new Map([
    ["standard", "enterprise"],
    ["enterprise", "standard"],
  ]);
  t.is(liftedBy(circle, "standard"), "standard");
});
