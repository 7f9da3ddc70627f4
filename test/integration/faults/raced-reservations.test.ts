import test from "ava";
import { openRaceGround, race, raceAndKill } from "../../drills/parts/race-reservations.ts";
import { isExact, isWithin } from "../../drills/races.ts";
import { createTestDatabase } from "../../helpers/database.ts";

test("threat 21: of 200 parallel reservations of the last 10 units at two servers exactly 10 are given, and a kill leaks none", async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const ground = await openRaceGround(t, database.url, 2);
  const outcome = await race(ground, { calls: 200, leaseSeconds: 600 });
  t.is(outcome.reserved.length, 10);
  t.is(outcome.refused, 190);
  t.true(isExact(outcome), `${outcome.used} in use`);
  await Promise.all(
    outcome.reserved.map((reservationId) => ground.callers[1]?.call("releaseReservation", { reservationId })),
  );
  const killed = await raceAndKill(ground, { calls: 200, leaseSeconds: 3, patienceMs: 30_000 });
  t.true(isWithin(killed), `${killed.used} in use, ${killed.reserved.length} acknowledged`);
  t.true(killed.isGivenBack);
});
