import type { TopLevelSpec } from 'vega-lite';

// Vega-Lite exports the type of whole specifications only; these are its parts.

type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;

/** A plot of layers, as it stands in a concatenation. */
export type Panel = Omit<
    LayeredSpec,
    '$schema' | 'config' | 'padding' | 'background' | 'autosize' | 'params' | 'usermeta' | 'datasets'
>;

/** One layer of a panel: a mark and its encoding. */
export type Layer = Panel['layer'][number];

type Encoding = NonNullable<Panel['encoding']>;

/** What one channel of an encoding shows. */
export type Channel<Name extends keyof Encoding> = NonNullable<Encoding[Name]>;
