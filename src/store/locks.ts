/**
 * Advisory locks of this service. Two numbers each: the first is ours ("lics" in ASCII), so that other
 * programs in the same database do not meet us by chance.
 */
const OURS = 0x6c_69_63_73;

/** Held while the schema changes. */
export const MIGRATION_LOCK = [OURS, 1] as const;

/** Held while the platform is made. */
export const PLATFORM_LOCK = [OURS, 2] as const;
