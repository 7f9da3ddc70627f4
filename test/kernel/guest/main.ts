/** Runs the contract of a bus over the kernel of the guest. */
import { BUS_CASES } from "../../contract/usb-bus.ts";
import { END_OF_RUN } from "../results.ts";
import { startDeviceManager } from "./device-manager.ts";
import { CASES_WITHOUT_UDEVD } from "./kernel-cases.ts";
import { CasesInGuest } from "./run-in-place.ts";

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error) => console.log(`not ok - ${event}: ${String(error)}`));
}

const cases = new CasesInGuest();
await cases.run(CASES_WITHOUT_UDEVD);
await startDeviceManager();
await cases.run(BUS_CASES);
cases.close();
console.log(END_OF_RUN);
process.exit();
