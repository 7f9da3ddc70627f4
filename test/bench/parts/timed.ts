/** Does work `runs` times, `atOnce` of them at a time; how long each took, in ms. */
export async function timeEach(
  runs: number,
  atOnce: number,
  work: (n: number, worker: number) => Promise<unknown>,
): Promise<number[]> {
  const tookMs: number[] = [];
  let next = 0;
  const worker = async (_: unknown, index: number) => {
    while (next < runs) {
      const n = next;
      next += 1;
      const startedAt = performance.now();
      await work(n, index);
      tookMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return tookMs;
}
