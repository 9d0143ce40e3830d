import type { Engine } from '../engine/Engine.js';
import type { ModelState } from '../interventions/ModelState.js';
import type { ArgumentsOf, OptionsOf } from '../settings/Setting.js';
import { conversationTable, engineTable, serverTable } from '../settings/settings.js';
import type { FactsFor } from './ownEdits.js';

export const serveTable = {
    ...serverTable,
    date: conversationTable.date,
    requestSize: engineTable.windowSize,
    patience: { number: { whole: true, least: 1, most: 2 ** 31 - 1 }, default: 60_000 }, // a timer's most
} as const;

/** The settings of `serverTable`, and what is served. @inline */
export interface ServeOptions extends OptionsOf<typeof serveTable> {
    readonly engine: Engine;
    /** Clients ask for them by their names. */
    readonly models: readonly ModelState[];
    /** Source of neurons and values for interventions that requests bring. Default: the engine's sites alone. */
    readonly factsFor?: FactsFor | undefined;
    /** Most tokens of one request, prompt and answer. Default: the engine's window. */
    readonly requestSize?: number | undefined;
    /** Milliseconds that a client may take nothing of what it is sent; then it is given up. Default 60,000. */
    readonly patience?: number | undefined;
    /** Ends it. */
    readonly signal: AbortSignal;
    /** Called with the address, up to `/v1`, once it listens. */
    readonly onStart?: ((url: string) => void) | undefined;
}

/** What the HTTP server uses of these settings, their defaults filled in. */
export type ServerOptions = ArgumentsOf<typeof serveTable>;
