/** The commands for the vendor's USB keys: options, help and examples. */
import { type Command, Option } from "commander";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

/** Adds `authority usb-key` and what is below it. */
export function addAuthorityUsbCommands(authority: Command, bind: Bind): void {
  const usbKey = authority
    .command("usb-key")
    .description("make USB keys, write licenses onto them, and look at them")
    .helpCommand(false)
    .addHelpText("after", examples(PROVISION_EXAMPLE, "licensectl authority usb-key show"));
  addProvision(usbKey, bind);
  addWrite(usbKey, bind);
  addShow(usbKey, bind);
}

const PROVISION_EXAMPLE = "licensectl authority usb-key provision --key-id key-1 --out key-1.public.json";

function addPlace(command: Command): Command {
  return command
    .option("--file <file>", "an emulated key, kept in this file, instead of one that is plugged in")
    .option("--port <port>", "port of the key, for example 1-2 (default: there is only one)")
    .option("--id <vendor:product>", "ids by which keys are found (default 1209:0001)");
}

function addProvision(usbKey: Command, bind: Bind): void {
  addPlace(
    usbKey
      .command("provision")
      .description("have a blank key make its key pair, once in its life; the private key never leaves it")
      .requiredOption("--key-id <id>", "id of the key, never given twice"),
  )
    .option("--create", "with --file: make the file of a blank emulated key first")
    .option("--model <text>", "model of the key, for people")
    .addOption(
      new Option("--algorithm <name>", "of the key pair").choices(["ed25519", "p256"]).default("ed25519"),
    )
    .option("--out <file>", "where to write its id and public key, for authority issue --usb-key")
    .addHelpText(
      "after",
      examples(
        PROVISION_EXAMPLE,
        "licensectl authority usb-key provision --file key-1.json --create --key-id key-1 --out key-1.public.json",
      ),
    )
    .action(bind(async () => (await import("./commands/authority-usb-key-provision.ts")).usbKeyProvision));
}

function addWrite(usbKey: Command, bind: Bind): void {
  addPlace(
    usbKey
      .command("write")
      .description("write licenses onto a key, in place of what lies there, and read them back")
      .option("--package <file>", 'a package of licenses for this key; "-" reads standard input')
      .addOption(
        new Option("--license <file>", 'a single license for this key; "-" reads standard input').conflicts(
          "package",
        ),
      ),
  )
    .option("--force", "also what gives nothing on this key: for tests")
    .addHelpText(
      "after",
      examples(
        "licensectl authority usb-key write --package key-1.tar.gz",
        "licensectl authority usb-key write --file key-1.json --license key-1.lic",
      ),
    )
    .action(bind(async () => (await import("./commands/authority-usb-key-write.ts")).usbKeyWrite));
}

function addShow(usbKey: Command, bind: Bind): void {
  addPlace(
    usbKey.command("show").description("read a key, have it prove itself, and check the licenses on it"),
  )
    .option("--trust <directory>", "anchors to check signatures with (default: those of this product)")
    .option("--directory <directory>", "also the anchor of this vendor's directory")
    .option("--out <file>", "where to write its id and public key, for authority issue --usb-key")
    .addHelpText(
      "after",
      `\nEnds with exit code 0 only if every license on the key is verified and for this key.\n${examples(
        "licensectl authority usb-key show --directory ~/vendor",
        "licensectl authority usb-key show --file key-1.json --out key-1.public.json",
      )}`,
    )
    .action(bind(async () => (await import("./commands/authority-usb-key-show.ts")).usbKeyShow));
}
