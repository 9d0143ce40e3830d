/**
 * What was measured, in files of JSON that the page reads when it shows them. Numbers as text have the metric's format.
 * Shared by what writes it and by the page, so it imports nothing of Node.
 */

/** A file of results. */
export interface SitePart {
    readonly title: string;
    /** Relative to the page. */
    readonly path: string;
}

/** What a set of neurons, or as many random ones, do to a language; as `ShownCell` of the report. */
export interface SiteEffect {
    /** At most five characters. */
    readonly text: string;
    /** The whole effect. */
    readonly words: string;
    /** −1 to 1, 1 being harm; null: grey. */
    readonly position: number | null;
    /** Why it is grey, in a sentence; empty where it is not. */
    readonly note: string;
}

/** A cell of a matrix. */
export interface SiteCell {
    readonly own: SiteEffect;
    /** Of as many random neurons of the same layers. */
    readonly control: SiteEffect;
    /** For the order of languages: the greater, the more harm. Null: not measured, or not finite. */
    readonly harm: number | null;
    readonly value: string;
    /** 95 % interval of the effect; empty where it is not known. */
    readonly interval: string;
    /** Of the difference from random neurons, over all cells, as `q = 0.02`; empty where it is not known. */
    readonly q: string;
    readonly samples: number | null;
    /** Shares beside the metric with the whole model and after, such as `cut off: 2 % becomes 10 %`. */
    readonly shares?: readonly string[];
}

/** One set of neurons of one measured operation, languages changed × languages evaluated. */
export interface SiteMatrix {
    /** Of the metric, such as `perplexity`. */
    readonly noun: string;
    /** Of effects, such as `% of the baseline`. */
    readonly unit: string;
    /** What was done, after `neurons are`. */
    readonly done: string;
    /** What the report says about it. */
    readonly sentences: string;
    /** Heading of samples, such as `Tokens`. */
    readonly samples: string;
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    /** Neurons changed in each row. */
    readonly neurons: readonly (number | null)[];
    /** Of the whole model, in each column. */
    readonly baselines: readonly string[];
    /** `[rows][columns]` */
    readonly cells: readonly (readonly SiteCell[])[];
}

/** A point of a language's dose curve; numbers are on the axis of `SiteCurves`. Null: not known. */
export interface SiteDose {
    /** Neurons changed, in per cent of all. */
    readonly share: number;
    readonly neurons: number;
    readonly own: number | null;
    readonly others: number | null;
    readonly random: number | null;
    /** The least and the greatest of the seeds of random neurons. */
    readonly lowest: number | null;
    readonly highest: number | null;
    /** Effects: of its own neurons on itself with the 95 % interval, on the others, of random ones on itself. */
    readonly words: Readonly<Record<'own' | 'interval' | 'others' | 'random', string>>;
}

/** What ever more neurons of each language do to it. */
export interface SiteCurves {
    readonly noun: string;
    readonly done: string;
    readonly sentences: string;
    /** Title of the vertical axis. */
    readonly axis: string;
    /** Of the vertical axis. */
    readonly isLogarithmic: boolean;
    /** Ends of the axes, the same for every language. */
    readonly x: readonly [number, number];
    readonly y: readonly [number, number];
    readonly xTicks: readonly number[];
    readonly yTicks: readonly number[];
    readonly seeds: number;
    /** Languages that have neurons at these doses. */
    readonly languages: readonly { readonly tag: string; readonly doses: readonly SiteDose[] }[];
}

/** Numbers of neurons of one layer, or of a model, by class. */
export interface ClassCounts {
    readonly specific: number;
    readonly related: number;
    readonly general: number;
}

/** Two or more analyses, the first against each other one. */
export interface SiteComparison {
    readonly first: ComparedModel;
    readonly others: readonly ComparedWith[];
    readonly languages: readonly string[];
    readonly trained: readonly string[];
    readonly notes: readonly string[];
}

export interface ComparedModel {
    readonly label: string;
    readonly layers: readonly ClassCounts[];
    /** In the order of the languages. */
    readonly perLanguage: readonly { readonly specific: number; readonly related: number }[];
}

export interface ComparedWith extends ComparedModel {
    /** Share of each class's neurons that have the same class after; null where there were none. */
    readonly overlap: Readonly<Record<keyof ClassCounts, number | null>>;
    /** Of those that keep their class, those of other languages. */
    readonly switched: { readonly specific: number; readonly related: number };
    /** Neurons by class before (rows) and after (columns), in the order of `transitionClasses`. */
    readonly transitions: readonly (readonly number[])[];
    /** The whole models' metrics. */
    readonly metrics: readonly {
        readonly noun: string;
        readonly rows: readonly {
            /** A language, or the words of a group of them. */
            readonly language: string;
            readonly before: string;
            readonly after: string;
            /** With its 95 % interval. */
            readonly change: string;
        }[];
    }[];
}

export const transitionClasses = ['specific', 'related', 'general', 'none'] as const;

/** In which language each layer's likeliest tokens are: the logit lens. */
export interface SiteLens {
    /** What the report says about it, with what is not to be told. */
    readonly sentences: string;
    /** What a token's language may be: `English`, `not to be told`. */
    readonly kinds: readonly string[];
    /** What the means are over: `languages other than English`. */
    readonly meanTexts: string;
    /** `[layers][kinds]`; 1 in all for each layer. */
    readonly means: readonly (readonly number[])[];
    readonly languages: readonly {
        readonly tag: string;
        /** Tokens that were looked at. */
        readonly tokens: number;
        /** `[layers][kinds]` */
        readonly shares: readonly (readonly number[])[];
    }[];
}

/** Routed experts: which languages' tokens go through which. */
export interface SiteExperts {
    readonly threshold: number;
    readonly sites: readonly {
        readonly layer: number;
        /** [experts][languages] */
        readonly shares: readonly (readonly number[])[];
        /** Class and languages of each expert, such as `specific: de`; `none`. */
        readonly classes: readonly string[];
    }[];
}
