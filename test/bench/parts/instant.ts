/** Milliseconds on a clock that all processes of this machine share and nobody sets. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
