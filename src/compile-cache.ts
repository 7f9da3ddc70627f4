/**
 * Has Node keep the compiled form of this program, which halves the time of a start. Imported before
 * everything else, for it holds for what is loaded afterwards.
 *
 * The cache is code that will run, so it lies within the installation, writable by those who may change the
 * program itself, and never in a directory that accounts share. Where it cannot be written nothing is kept.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/license-service", import.meta.url)));
