/**
 * Makes `work` run one at a time. A call while it runs waits for one more run, shared by all who
 * call meanwhile: so each caller's run has begun after the call, and sees what was written before it.
 */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let again: Promise<T> | undefined;

  const run = (): Promise<T> => {
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const runAfter = async (before: Promise<T>): Promise<T> => {
    await before.catch(() => undefined);
    again = undefined;
    return run();
  };
  return () => {
    if (again !== undefined) return again;
    if (running === undefined) return run();
    again = runAfter(running);
    return again;
  };
}
