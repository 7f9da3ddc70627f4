/** The commands for USB keys: options, help and examples. */
import { type Command, Option } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

/** Adds `usb` and what is below it. */
export function addUsbCommands(program: Command, bind: Bind): void {
  const usb = program
    .command("usb")
    .description("look at USB keys, and try them without hardware")
    .helpCommand(false)
    .addHelpText("after", examples("licensectl usb list", "licensectl usb show key-1"));
  addLooks(usb, bind);
  addEmulate(usb, bind);
}

function addLooks(usb: Command, bind: Bind): void {
  usb
    .command("list")
    .description("list the USB keys of all nodes, buffers that run, and nodes that read no keys")
    .addHelpText("after", examples("licensectl usb list", "licensectl usb list --json | jq '.keys[].keyId'"))
    .action(bind(async () => (await import("./commands/usb-list.ts")).usbList));
  usb
    .command("show")
    .argument("<key-id>", 'id of the key, as "licensectl usb list" shows it')
    .description("show one USB key: where it is, what is against it, its buffer and its licenses")
    .addHelpText("after", examples("licensectl usb show key-1", "licensectl usb show key-1 --json"))
    .action(bind(async () => (await import("./commands/usb-show.ts")).usbShow));
  usb
    .command("copy-id")
    .argument("[key-id]", "the key; not needed where there is only one")
    .description("print the id of a USB key alone, for the application for a license")
    .option("--clipboard", "have the terminal copy it (OSC 52), also through ssh")
    .addHelpText(
      "after",
      examples(
        "licensectl usb copy-id --clipboard",
        "licensectl usb copy-id | mail -s 'USB key' vendor@example.com",
      ),
    )
    .action(bind(async () => (await import("./commands/usb-copy-id.ts")).usbCopyId));
}

function addEmulate(usb: Command, bind: Bind): void {
  usb
    .command("emulate")
    .description("plug an emulated key into a server in development mode on this machine, until Ctrl-C")
    .option("--key <file>", "needed: the key, as licensectl authority usb-key provision --create made it")
    .addOption(
      new Option(
        "--socket-dir <directory>",
        "where servers look (default: usb-ports in the data directory)",
      ).conflicts("vhci"),
    )
    .addOption(new Option("--port <name>", "name of the port (default: that of the file)").conflicts("vhci"))
    .option("--id <vendor:product>", "ids of the device (default 1209:0001)")
    .option("--vhci", "into a port of the kernel instead: needs root and the module vhci-hcd")
    .addHelpText(
      "after",
      examples(
        "licensectl usb emulate --key key-1.json",
        "licensectl usb emulate --key key-1.json --data-dir data/node-2",
      ),
    )
    .action(bind(async () => (await import("./commands/usb-emulate.ts")).usbEmulate));
}
