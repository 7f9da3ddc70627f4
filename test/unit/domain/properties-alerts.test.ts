/** What holds of alerts on every platform, random ones of every profile. */
import { alertNames, isNamed } from "../../../src/domain/alert-names.ts";
import { alertsAt, type DomainAlert, isReminder } from "../../../src/domain/alerts.ts";
import { nextAlertChangeAt } from "../../../src/domain/next-alert-change.ts";
import { edgesOf } from "../../helpers/arbitrary-platforms.ts";
import { expect, property, type Question, textOf } from "../../helpers/properties.ts";

function alertsOf({ profile, platform, at }: Question, instant = at): readonly DomainAlert[] {
  return alertsAt(profile, platform, instant);
}

function nameOf({ kind, subject }: Pick<DomainAlert, "kind" | "subject">): string {
  return `${kind} ${subject}`;
}

property(
  "EV-3: alerts do not depend on the order of licenses, and asking twice changes nothing",
  (question) => {
    const { platform } = question;
    const turned = { ...platform, licenses: platform.licenses.toReversed() };
    const straight = textOf(alertsOf(question));
    expect(textOf(alertsOf({ ...question, platform: turned })) === straight, "the order changed the alerts");
    expect(textOf(alertsOf(question)) === straight, "asking twice changed the alerts");
  },
);

property("EV-2: alerts are constant until their own next instant", (question) => {
  const { profile, platform, at } = question;
  const until = nextAlertChangeAt(profile, platform, at) ?? Number.POSITIVE_INFINITY;
  expect(until > at, "the next change is not in the future");
  const alerts = textOf(alertsOf(question));
  const edges = edgesOf(profile, platform).flatMap((edge) => [edge - 1, edge, edge + 1]);
  const last = Number.isFinite(until) ? until - 1 : at + 10 * 365 * 86_400_000;
  for (const instant of [...edges, last].filter((edge) => edge > at && edge < until)) {
    expect(textOf(alertsOf(question, instant)) === alerts, `they changed at ${instant}, before ${until}`);
  }
});

property("EV-9: a reminder stood at every instant since it says", (question) => {
  const { profile, platform, at } = question;
  for (const alert of alertsOf(question).filter(isReminder)) {
    const { since = at } = alert;
    expect(since <= at, `${nameOf(alert)} stands before it begins`);
    const edges = edgesOf(profile, platform).filter((edge) => edge > since && edge < at);
    for (const instant of [since, ...edges]) {
      const names = alertsOf(question, instant).map(nameOf);
      expect(names.includes(nameOf(alert)), `${nameOf(alert)} did not stand at ${instant}`);
    }
  }
});

property(
  "EV-10: what a reminder or a lock to come warns of lies ahead, and happens when it is due",
  (question) => {
    for (const alert of alertsOf(question)) {
      const { kind, subject, dueAt } = alert;
      expect(
        (dueAt === undefined) === !/TO_EXPIRE|PENDING|ENDING/.test(kind),
        `${nameOf(alert)}: due ${dueAt}`,
      );
      if (dueAt === undefined) continue;
      expect(dueAt > question.at, `${nameOf(alert)} was due before`);
      const later = alertsOf(question, dueAt).find(
        (other) => other.kind === kind && other.subject === subject,
      );
      expect(later?.dueAt === undefined || later.dueAt > dueAt, `${nameOf(alert)} stands when it is due`);
    }
  },
);

property("EV-10: one alert stands for one kind and subject, and the product names it", (question) => {
  const possible = alertNames(question.profile);
  const alerts = alertsOf(question);
  const names = alerts.map(nameOf);
  expect(new Set(names).size === names.length, `twice among ${names.join(", ")}`);
  for (const alert of alerts) {
    const isPossible = possible.some((name) => isNamed(alert, name));
    expect(isPossible, `${nameOf(alert)} is no alert of the product`);
  }
});
