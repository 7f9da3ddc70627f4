/** The commands for the vendor, which need no server: options, help and examples. */
import { type Command, Option } from "commander";
import { TERMS } from "../domain/license.ts";
import { addAuthorityUsbCommands } from "./authority-usb-commands.ts";
import type { Bind } from "./program.ts";
import { examples } from "./server-commands.ts";

/** Adds `authority` and what is below it. */
export function addAuthorityCommands(program: Command, bind: Bind): void {
  const authority = program
    .command("authority")
    .description(
      "for the vendor, without a server: make keys, issue licenses, pack and inspect them, make USB keys",
    )
    .helpCommand(false)
    .addHelpText("after", examples(...ISSUE_EXAMPLES));
  addInit(authority, bind);
  addIssue(authority, bind);
  addPackage(authority, bind);
  addInspect(authority, bind);
  addAuthorityUsbCommands(authority, bind);
}

function addInit(authority: Command, bind: Bind): void {
  authority
    .command("init")
    .description("make the vendor's signing key, and the anchor by which a product believes it")
    .requiredOption("--issuer <name>", "name of the vendor, as licenses carry it")
    .requiredOption(
      "--directory <directory>",
      "where the private key goes; keep it off every customer's machine",
    )
    .option("--trust <directory>", 'the "trust" directory of the product that the vendor builds')
    .option("--key-id <name>", 'name of the key (default "vendor-" and 8 random digits)')
    .option("--valid-from <time>", "licenses issued before are not believed (default: now)")
    .option("--valid-until <time>", "licenses issued from then on are not believed (default: no end)")
    .addHelpText(
      "after",
      examples('licensectl authority init --issuer "Example Cloud" --directory ~/vendor --trust ./trust'),
    )
    .action(bind(async () => (await import("./commands/authority-init.ts")).authorityInit));
}

function addIssue(authority: Command, bind: Bind): void {
  const issue = authority
    .command("issue")
    .description("sign a license, after the product's rules were held against it")
    .requiredOption("--directory <directory>", "the vendor's directory, as authority init made it");
  addBinding(issue);
  addGrant(issue);
  addWindow(issue);
  issue
    .requiredOption("--customer <name>", "customer that it is issued to")
    .option("--product-name <name>", "name of the product, for people")
    .option("--contract <number>", "contract number")
    .option("--authorization-code <code>", "the vendor's authorization code")
    .option("--service-end <time>", "end of the after-sales service that it carries")
    .option("--jti <number>", "license number, never used twice (default: a random one)")
    .option("--out <file>", "where to write it (default: standard output)")
    .option("--force", "issue it although a platform will refuse it: for tests")
    .addHelpText("after", examples(...ISSUE_EXAMPLES))
    .action(bind(async () => (await import("./commands/authority-issue.ts")).authorityIssue));
}

function addBinding(issue: Command): void {
  issue
    .option("--request-code <file or text>", "the platform's request code")
    .addOption(
      new Option(
        "--usb-key <file>",
        "bind it to a USB key instead: its id and public key, as authority usb-key wrote them",
      ).conflicts("requestCode"),
    )
    .addOption(
      new Option("--usb <key-id>", "the same by the id of the key").conflicts(["requestCode", "usbKey"]),
    )
    .option("--usb-public-key <file>", "with --usb: the key's public key, as JWK")
    .option("--profile <name>", "with --usb-key or --usb: the product, for example zstack-cloud")
    .option("--profile-file <file>", "profile file of a product that does not ship with this program");
}

function addGrant(issue: Command): void {
  issue
    .requiredOption("--item <item>", '"base", or a module or service item of the product')
    .option("--edition <name>", "for base licenses: the edition")
    .option("--from-edition <name>", "for upgrades: the edition that it lifts")
    .addOption(new Option("--term <term>", "terms of sale").choices(TERMS).makeOptionMandatory())
    .option(
      "--quota <unit=amount>",
      "what it grants of a unit, for example cpus=64; may be repeated",
      collect,
    );
}

function addWindow(issue: Command): void {
  issue
    .option("--issued <time>", "instant of issue (default: now)")
    .option("--start <time>", "first instant at which it counts (default: the instant of issue)")
    .addOption(new Option("--end <time>", "instant at which it has ended").conflicts(["days", "seconds"]))
    .addOption(
      new Option("--days <number>", "length in days of 24 hours, from the start").conflicts("seconds"),
    )
    .option("--seconds <number>", "length in seconds, for demonstrations (default: no end)");
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const ISSUE_EXAMPLES = [
  "licensectl authority issue --directory ~/vendor --request-code request-code.txt --item base \\",
  '    --edition enterprise --term paid --quota cpus=64 --days 365 --customer "ACME" --out base.lic',
  "licensectl authority issue --directory data/test-vendor --request-code data/request-code.txt --item gpu \\",
  '    --term paid --seconds 60 --customer "Demo" | licensectl upload -',
  "licensectl authority issue --directory ~/vendor --usb-key key-1.public.json --profile zstack-cloud --item base \\",
  '    --edition enterprise --term paid --quota cpus=64 --days 365 --customer "ACME" --out key-1.lic',
];

function addPackage(authority: Command, bind: Bind): void {
  authority
    .command("package")
    .argument("<file...>", "licenses")
    .requiredOption("--out <file>", "the package to write, a tar.gz")
    .description("pack several licenses into one package, which is installed all or nothing")
    .addHelpText("after", examples("licensectl authority package --out acme.tar.gz base.lic gpu.lic"))
    .action(bind(async () => (await import("./commands/authority-package.ts")).authorityPackage));
}

function addInspect(authority: Command, bind: Bind): void {
  authority
    .command("inspect")
    .argument("<file>", 'a license or a package; "-" reads standard input')
    .description("show what a license or package says, and whether its signature is a known vendor's")
    .option("--trust <directory>", "anchors to check signatures with (default: those of this product)")
    .option("--directory <directory>", "also the anchor of this vendor's directory")
    .addHelpText(
      "after",
      `\nEnds with exit code 0 only if every license in the file is signed by a vendor whose anchor is given.\n${examples(
        "licensectl authority inspect base.lic",
        "licensectl authority inspect acme.tar.gz --directory ~/vendor --json",
      )}`,
    )
    .action(bind(async () => (await import("./commands/authority-inspect.ts")).authorityInspect));
}
