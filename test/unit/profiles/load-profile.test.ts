import { readFileSync } from "node:fs";
import test from "ava";
import { WAYS_BACK } from "../../../src/domain/evaluation.ts";
import { SITUATIONS } from "../../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES, parseProfile } from "../../../src/profiles/load-profile.ts";
import { ProfileError } from "../../../src/profiles/profile-error.ts";

/** A profile with two bases, upgrades, packs, prerequisites, an overflow and solutions. */
const FILES = { usphere: textOf("unicloud-usphere"), cloud: textOf("zstack-cloud") };

function textOf(name: string): string {
  return readFileSync(new URL(`../../../src/domain/profiles/${name}.json`, import.meta.url), "utf8");
}

/** What the loader says against a shipped file in which a value was put at a path; `undefined`: taken away. */
function problemsOf(
  file: keyof typeof FILES,
  ...edits: readonly (readonly [path: string, value: unknown])[]
) {
  const document: object = JSON.parse(FILES[file]);
  for (const [path, value] of edits) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    const parent = steps.reduce((at, step): object => Reflect.get(at, step), document);
    Object.assign(parent, { [last]: value });
  }
  try {
    parseProfile("own.json", JSON.stringify(document));
    return [];
  } catch (error) {
    if (error instanceof ProfileError) return error.problems;
    throw error;
  }
}

test("every profile that ships loads under its own name, with every row of the table", (t) => {
  for (const name of PROFILE_NAMES) {
    const profile = loadProfile(name);
    t.is(profile.name, name);
    t.deepEqual(Object.keys(profile.table).sort(), [...SITUATIONS].sort());
    t.is([...profile.bases.keys()][0], "base");
    t.deepEqual([...profile.capabilities.keys()], [...profile.capabilities.keys()].sort());
  }
});

test("a profile that does not ship is refused by name", (t) => {
  t.throws(() => loadProfile("../secrets"), { message: /unknown profile.*zstack-cloud/ });
});

test("NS-1: no row of a profile's table may block a way back", (t) => {
  for (const way of WAYS_BACK) {
    const row = loadProfile("zstack-cloud").table.MODULE_ENDED;
    const operations = row.operations.filter((operation) => operation !== way);
    t.deepEqual(problemsOf("cloud", ["table", { MODULE_ENDED: { ...row, operations } }]), [
      "table.MODULE_ENDED.operations: expected STOP, DELETE, MIGRATE_AWAY among them; they are never blocked",
    ]);
  }
});

test("a profile changes the rows of the table that it names, and no others", (t) => {
  const shipped = loadProfile("zstack-cloud").table;
  const row = { ...shipped.MODULE_ENDED, operations: ["DELETE", "MIGRATE_AWAY", "VIEW", "STOP"] };
  const text = FILES.cloud.replace(/\{/, `{ "table": ${JSON.stringify({ MODULE_ENDED: row })},`);
  const { table } = parseProfile("own.json", text);
  t.deepEqual(table.MODULE_ENDED.operations, ["VIEW", "STOP", "DELETE", "MIGRATE_AWAY"]);
  t.deepEqual({ ...table, MODULE_ENDED: shipped.MODULE_ENDED }, shipped);
});

test("keys that cannot prove themselves count only where the profile says so", (t) => {
  const parse = (text: string) => parseProfile("own.json", text).usbKeysWithoutProof;
  t.false(parse(FILES.cloud));
  t.true(parse(FILES.cloud.replace('"usbKeys": true,', '"usbKeys": true, "usbKeysWithoutProof": true,')));
});

/** One mistake each: where, what stands there, and what the loader says. */
const MISTAKES: readonly [
  title: string,
  file: keyof typeof FILES,
  path: string,
  value: unknown,
  said: string,
][] = [
  ["a wrong type", "cloud", "usbKeys", "yes", "usbKeys: expected boolean, found string"],
  ["a missing field", "cloud", "reminders", undefined, "reminders: expected object, and it is missing"],
  ["an unknown field", "cloud", "discount", 10, 'the file: expected no "discount" here'],
  [
    "an unknown field further down",
    "cloud",
    "items.gpu.discount",
    10,
    'items.gpu: expected no "discount" here',
  ],
  [
    "a name of another form",
    "cloud",
    "name",
    "My Product",
    "name: expected lower-case words and numbers joined by hyphens",
  ],
  ["a merge policy that there is not", "cloud", "merge", "max", 'merge: expected one of "replacement"|"sum"'],
  [
    "a term that there is not",
    "cloud",
    "items.gpu.terms",
    ["weekly"],
    'items.gpu.terms.0: expected one of "trial"|"paid"|"temporary"|"formal"',
  ],
  [
    "a version of another form",
    "usphere",
    "items.migration.prerequisite.versions.0.from",
    "7.30",
    'items.migration.prerequisite.versions.0.from: expected a version like "E0730" or "E0730P06"',
  ],
  [
    "keys without proof where there are no keys",
    "usphere",
    "usbKeysWithoutProof",
    true,
    "usbKeysWithoutProof: expected false where usbKeys is false",
  ],
  ["a lock without a sum", "cloud", "locks", true, 'locks: expected false where merge is "replacement"'],
  [
    "a capability of the no-license state that it does not describe",
    "cloud",
    "noLicense.bases.base.capabilities",
    ["compute", "flight"],
    'noLicense.bases.base.capabilities: expected one of capabilities, found "flight"',
  ],
  [
    "a capability of an edition that it does not describe",
    "usphere",
    "bases.base-arm.editions.standard.includes",
    ["flight"],
    'bases.base-arm.editions.standard.includes: expected one of capabilities, found "flight"',
  ],
  [
    "a capability of a term that it does not describe",
    "cloud",
    "bases.base.editions.enterprise.terms.trial.includes",
    ["flight"],
    'bases.base.editions.enterprise.terms.trial.includes: expected one of capabilities, found "flight"',
  ],
  [
    "a capability of an item that it does not describe",
    "cloud",
    "items.gpu.gives",
    ["flight"],
    'items.gpu.gives: expected one of capabilities, found "flight"',
  ],
  [
    "a capability named like a property of every object",
    "cloud",
    "items.gpu.gives",
    ["constructor"],
    'items.gpu.gives: expected one of capabilities, found "constructor"',
  ],
  [
    "a meter that no item has",
    "cloud",
    "capabilities.gpu.meters",
    ["gpu/cards"],
    'capabilities.gpu.meters: expected a meter: an item or base and one of its units, found "gpu/cards"',
  ],
  [
    "a capability of an unknown base",
    "usphere",
    "capabilities.isc.base",
    "base-risc",
    'capabilities.isc.base: expected one of bases, found "base-risc"',
  ],
  [
    "a required unit that is not the base's",
    "usphere",
    "bases.base-arm.editions.standard.terms.formal.requiredUnits",
    ["vms"],
    'bases.base-arm.editions.standard.terms.formal.requiredUnits: expected a unit of the base, found "vms"',
  ],
  [
    "a trial of a unit that is not the base's",
    "cloud",
    "bases.base.editions.enterprise.terms.trial.trial.quotas",
    { cards: 1 },
    'bases.base.editions.enterprise.terms.trial.trial.quotas: expected a unit of the base, found "cards"',
  ],
  [
    "numbers of a trial on another term",
    "cloud",
    "bases.base.editions.standard.terms.paid.trial",
    { quotas: {}, days: 30 },
    'bases.base.editions.standard.terms.paid.trial: expected only on the term "trial"',
  ],
  [
    "a base without an edition",
    "cloud",
    "bases.base.editions",
    {},
    "bases.base.editions: expected one at least",
  ],
  [
    "an edition that is not sold",
    "cloud",
    "bases.base.editions.standard.terms",
    {},
    "bases.base.editions.standard.terms: expected one at least",
  ],
  [
    "an upgrade to an unknown edition",
    "usphere",
    "bases.base.upgrades",
    { standard: ["ultimate"] },
    'bases.base.upgrades.standard: expected one of its editions, found "ultimate"',
  ],
  [
    "an upgrade from an unknown edition",
    "usphere",
    "bases.base.upgrades",
    { basic: ["enterprise"] },
    'bases.base.upgrades: expected one of its editions, found "basic"',
  ],
  [
    "an upgrade downwards",
    "usphere",
    "bases.base.upgrades",
    { enterprise: ["standard"] },
    'bases.base.upgrades.enterprise: expected an edition above "enterprise", found "standard"',
  ],
  [
    "an upgrade to an edition with fewer terms",
    "usphere",
    "bases.base.editions.enterprise-plus.terms",
    { formal: { hasService: true } },
    'bases.base.upgrades.standard: expected "enterprise-plus" to have the terms temporary, formal',
  ],
  [
    "two bases of one architecture",
    "usphere",
    "bases.base-arm.architecture",
    "x86",
    'bases.base-arm.architecture: expected one base for "x86", found several',
  ],
  [
    "several bases of which one has no architecture",
    "usphere",
    "bases.base.architecture",
    undefined,
    "bases.base.architecture: expected one, as there are several bases",
  ],
  [
    "a base that the no-license state leaves out",
    "usphere",
    "noLicense.bases.base-arm",
    undefined,
    'noLicense.bases: expected "base-arm" among them, as among bases',
  ],
  [
    "a quota of the no-license state that is not the base's",
    "cloud",
    "noLicense.bases.base.quotas",
    { cards: 1 },
    'noLicense.bases.base.quotas: expected a unit of the base, found "cards"',
  ],
  [
    "an item of the no-license state that there is not",
    "usphere",
    "noLicense.items",
    ["isc", "flight"],
    'noLicense.items: expected one of items, found "flight"',
  ],
  [
    "a service that gives functions",
    "cloud",
    "items.service-5x8.gives",
    ["gpu"],
    "items.service-5x8.gives: expected nothing: a service gives no functions",
  ],
  [
    "an alternative that is no item",
    "cloud",
    "items.container-cpu.alternatives",
    ["container-cpu"],
    'items.container-cpu.alternatives: expected another item, found "container-cpu"',
  ],
  [
    "a required unit that is not the item's",
    "cloud",
    "items.arm64.requiredUnits",
    ["cpus"],
    'items.arm64.requiredUnits: expected one of its units, found "cpus"',
  ],
  [
    "an overflow to an unknown meter",
    "cloud",
    "items.vmware.overflow",
    { cpus: "base/sockets" },
    'items.vmware.overflow: expected a meter of another item or base, found "base/sockets"',
  ],
  [
    "an overflow of a unit that is not the item's",
    "cloud",
    "items.vmware.overflow",
    { hosts: "base/cpus" },
    'items.vmware.overflow: expected one of its units, found "hosts"',
  ],
  [
    "an overflow into one that overflows itself",
    "cloud",
    "items.container-cpu.overflow",
    { cpus: "vmware/cpus" },
    'items.container-cpu.overflow: expected a meter that overflows no further, found "vmware/cpus"',
  ],
  [
    "packs of no unit",
    "cloud",
    "items.gpu.packSizes",
    [1],
    "items.gpu.packSizes: expected exactly one unit that they count",
  ],
  [
    "a prerequisite of an unknown base",
    "usphere",
    "items.isc.prerequisite.bases",
    ["base", "base-risc"],
    'items.isc.prerequisite.bases: expected one of bases, found "base-risc"',
  ],
  [
    "a prerequisite of an unknown edition",
    "usphere",
    "items.isc.prerequisite.editions",
    ["ultimate"],
    'items.isc.prerequisite.editions: expected an edition of its bases, found "ultimate"',
  ],
  [
    "a prerequisite of editions without their bases",
    "usphere",
    "items.isc.prerequisite.bases",
    [],
    "items.isc.prerequisite.bases: expected those whose editions are meant",
  ],
  [
    "a prerequisite of bases without their editions",
    "usphere",
    "items.isc.prerequisite.editions",
    [],
    "items.isc.prerequisite.editions: expected those that are enough",
  ],
  [
    "an unknown edition in a range of versions",
    "usphere",
    "items.migration.prerequisite.versions.1.editions",
    ["ultimate"],
    'items.migration.prerequisite.versions.1.editions: expected an edition of its bases, found "ultimate"',
  ],
  [
    "a range of versions that is empty",
    "usphere",
    "items.migration.prerequisite.versions.0.before",
    "E0730P06",
    'items.migration.prerequisite.versions.0.before: expected a version after "E0730P06"',
  ],
  [
    "a prerequisite that is no item",
    "usphere",
    "items.isc.prerequisite.items",
    ["flight"],
    'items.isc.prerequisite.items: expected one of items, found "flight"',
  ],
  [
    "a solution of an unknown item",
    "usphere",
    "solutions.container.items",
    { x86: ["docker"] },
    'solutions.container.items.x86: expected one of items, found "docker"',
  ],
  [
    "a solution of an unknown architecture",
    "usphere",
    "solutions.container.items",
    { risc: [] },
    'solutions.container.items: expected the architecture of a base, found "risc"',
  ],
];

for (const [title, file, path, value, said] of MISTAKES) {
  test(`${title} is refused by its path and what was expected`, (t) => {
    const problems = problemsOf(file, [path, value]);
    t.true(problems.includes(said), problems.join("\n"));
  });
}

test("a base of another name than its architecture's is refused", (t) => {
  const { base } = JSON.parse(FILES.cloud).bases;
  const problems = problemsOf("cloud", ["bases", { base: { ...base, architecture: "x86" }, spare: base }]);
  t.true(problems.includes('bases.spare: expected the name "base-<architecture>"'));
  const without = problemsOf("usphere", [
    "bases",
    { "base-arm": JSON.parse(FILES.usphere).bases["base-arm"] },
  ]);
  t.true(without.includes('bases: expected "base" among them'));
  t.true(without.includes('noLicense.bases: expected one of bases, found "base"'));
});

test("an item with the name of a base is refused", (t) => {
  const { items } = JSON.parse(FILES.cloud);
  t.deepEqual(problemsOf("cloud", ["items", { ...items, base: items.gpu }]), [
    "items.base: expected another name: it is a base's",
  ]);
});

test("items that need each other are refused, each by its path", (t) => {
  t.deepEqual(
    problemsOf(
      "usphere",
      ["items.isc.prerequisite.items", ["srm"]],
      ["items.srm.prerequisite.items", ["container"]],
      ["items.container.prerequisite.items", ["isc"]],
      ["items.migration.prerequisite.items", ["isc"]],
    ),
    ["isc", "srm", "container"].map(
      (name) => `items.${name}.prerequisite.items: expected items that do not need "${name}" themselves`,
    ),
  );
});

test("everything that is wrong is said at once, with the name of the file", (t) => {
  const edits = [
    ["items.isc.gives", ["flight"]],
    ["noLicense.items", ["boats"]],
    ["capabilities.srm.base", "base-risc"],
  ] as const;
  t.is(problemsOf("usphere", ...edits).length, 3);
  const text = JSON.stringify({ ...JSON.parse(FILES.cloud), name: 5, merge: "max" });
  t.throws(() => parseProfile("own.json", text), {
    instanceOf: ProfileError,
    message: /^The profile file own\.json cannot be used:\n {2}name: .*;\n {2}merge: .*\.$/,
  });
});

test("a hundred problems are shown, and how many more there are", (t) => {
  const gives = Array.from({ length: 130 }, (_, n) => `made-up-${n}`);
  const { items, ...rest } = JSON.parse(FILES.cloud);
  const text = JSON.stringify({ ...rest, items: { ...items, gpu: { ...items.gpu, gives } } });
  const error = t.throws(() => parseProfile("own.json", text), { instanceOf: ProfileError });
  t.is(error.problems.length, 130);
  t.regex(error.message, /made-up-99";\n {2}and 30 more\.$/);
  t.notRegex(error.message, /made-up-100/);
});

test("threat 27: names of the file in a message are escaped and cut", (t) => {
  const evil = `\u001b[31m\u202e${"x".repeat(5000)}`;
  for (const edit of [
    [evil, 1],
    [`items.${"gpu"}.gives`, [evil]],
    ["items", { [evil]: {} }],
  ] as const) {
    const problems = problemsOf("cloud", edit).join("");
    t.notRegex(problems, /[\p{Cc}\p{Cf}]/u);
    t.true(problems.length > 0 && problems.length < 500, problems);
  }
});

test("a file that is no JSON is refused by its line", (t) => {
  const broken = FILES.cloud.replace('"usbKeys": true,', '"usbKeys": true');
  const line = FILES.cloud.split("\n").findIndex((text) => text.includes('"usbKeys"')) + 2;
  t.throws(() => parseProfile("own.json", broken), {
    instanceOf: ProfileError,
    message: `The profile file own.json cannot be used:\n  line ${line}: expected "," or "}", found "'reminders':".`,
  });
});
