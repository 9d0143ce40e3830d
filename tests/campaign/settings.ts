/**
 * Sizes of the campaign: a slice of a few minutes, or with CAMPAIGN=full the whole. CAMPAIGN_KILLS, CAMPAIGN_MUTATIONS,
 * CAMPAIGN_FAULTS and CAMPAIGN_STORM set one size alone; CAMPAIGN_SEED makes another campaign, the same one always the
 * same.
 */
const full = process.env.CAMPAIGN === 'full';

function size(name: string, slice: number, whole: number): number {
    const value = Number(process.env[name] ?? (full ? whole : slice));
    if (!(Number.isInteger(value) && value >= 0))
        throw new Error(`${name} must be a whole number, not ${process.env[name]}`);
    return value;
}

/** SIGKILLs over all commands. */
export const kills = size('CAMPAIGN_KILLS', 12, 1000);
/** Mutated inputs over all kinds. */
export const mutations = size('CAMPAIGN_MUTATIONS', 1500, 100_000);
/** Mutated inputs that go through the command line itself. */
export const throughCli = size('CAMPAIGN_CLI', 9, 300);
/** Failing file operations of each step, spread over all of its; the whole campaign takes every one. */
export const faults = size('CAMPAIGN_FAULTS', 3, 1_000_000);
/** Seconds that 200 clients ask a server at once. */
export const stormSeconds = size('CAMPAIGN_STORM', 10, 60);
export const seed = size('CAMPAIGN_SEED', 1, 1);
/** Chains of commands, or readers of mutated inputs, at a time. */
export const together = size('CAMPAIGN_TOGETHER', 2, 2);
