/** Watches the ports until something happens, and must then end by itself. */
import { HostBus } from "../../../src/usb/bus/host-bus.ts";

const bus = new HostBus();
await bus.list();
const end = bus.watch(() => {
  end();
  console.log("seen");
});
console.log("watching");
