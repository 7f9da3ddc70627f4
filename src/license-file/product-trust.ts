import { fileURLToPath } from "node:url";

/** Anchors of vendors ship with the program; nothing but its files decides on them (threat 9). */
export const PRODUCT_TRUST_DIRECTORY = fileURLToPath(new URL("../../trust", import.meta.url));
