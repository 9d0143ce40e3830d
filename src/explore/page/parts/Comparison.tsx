import type { ComponentChild } from 'preact';
import { formatCount, formatDifference, formatShare } from '../../../support/format.js';
import { type ComparedModel, type ComparedWith, type SiteComparison, transitionClasses } from '../../resultsFormat.js';
import type { SiteSummary } from '../../siteFormat.js';
import { route } from '../data/route.js';
import { Choice } from './Choice.js';
import { DataTable } from './DataTable.js';
import { LanguageTag } from './languageText.js';
import { LayerCurves } from './LayerCurves.js';
import { Part } from './Part.js';

/** Two analyses beside each other: their layers, what became of the neurons, languages and metrics. */
export function Comparison({ summary }: { summary: SiteSummary }): ComponentChild {
    return (
        <Part<SiteComparison> part={summary.comparison!}>
            {(comparison) => <SideBySide comparison={comparison} summary={summary} />}
        </Part>
    );
}

function SideBySide({ comparison, summary }: { comparison: SiteComparison; summary: SiteSummary }): ComponentChild {
    const { first, others, notes } = comparison;
    const label = route.value.settings.get('after');
    const after = others.find((one) => one.label === label) ?? others.at(-1)!;
    const most = 1.05 * Math.max(1, ...[first, after].flatMap(({ layers }) => layers.flatMap(Object.values)));
    return (
        <>
            {others.length > 1 && (
                <p class="tools">
                    <Choice
                        label="After"
                        name="after"
                        value={after.label}
                        options={others.map((one) => [one.label, one.label])}
                    />
                </p>
            )}
            {notes.map((note) => (
                <p key={note} class="warning">
                    {note}
                </p>
            ))}
            <div class="sides">
                {[first, after].map((model, i) => (
                    <div key={i}>
                        <h3>
                            {i === 0 ? 'Before' : 'After'}: {model.label}
                        </h3>
                        <LayerCurves
                            layers={model.layers}
                            name={`Neurons of each layer by class, ${model.label}`}
                            most={most}
                        />
                    </div>
                ))}
            </div>
            <h3>Which neurons stay</h3>
            <Transitions after={after} before={first} />
            <h3>Neurons by language</h3>
            <Languages comparison={comparison} after={after} summary={summary} />
            {after.metrics.map(({ noun, rows }) => (
                <div key={noun}>
                    <h3>The whole model’s {noun}</h3>
                    <DataTable
                        name={`The whole model’s ${noun} before and after`}
                        columns={['language', first.label, after.label, 'change']}
                        rows={rows.map(({ language, before, after: then, change }) => [
                            <LanguageTag tag={language} languages={summary.languages} />,
                            before,
                            then,
                            change,
                        ])}
                    />
                </div>
            ))}
        </>
    );
}

function Transitions({ before, after }: { before: ComparedModel; after: ComparedWith }): ComponentChild {
    const { overlap, switched, transitions } = after;
    return (
        <>
            <p>
                Rows: the class in {before.label}. Columns: the class in {after.label}. Of the neurons that stay
                specific {formatCount(switched.specific)} are of another language, of those that stay related{' '}
                {formatCount(switched.related)} of other languages.
            </p>
            <DataTable
                name="Neurons by class before and after"
                columns={['class', ...transitionClasses.map((to) => `to ${to}`), 'keep their class']}
                rows={transitionClasses.map((from, i) => [
                    from === 'none' ? 'none' : <span class={from}>{from}</span>,
                    ...transitions[i]!.map(formatCount),
                    from === 'none' ? '' : formatShare(overlap[from]),
                ])}
            />
        </>
    );
}

interface LanguagesProps {
    readonly comparison: SiteComparison;
    readonly after: ComparedWith;
    readonly summary: SiteSummary;
}

function Languages({ comparison, after, summary }: LanguagesProps): ComponentChild {
    const { languages, trained, first } = comparison;
    const kinds = ['specific', 'related'] as const;
    return (
        <DataTable
            name="Neurons of each language before and after"
            columns={[
                'language',
                ...(trained.length === 0 ? [] : ['trained']),
                ...kinds.flatMap((kind) => [`${kind}, ${first.label}`, `${kind}, ${after.label}`, 'change']),
            ]}
            rows={languages.map((tag, k) => [
                <LanguageTag tag={tag} languages={summary.languages} />,
                ...(trained.length === 0 ? [] : [trained.includes(tag) ? 'yes' : '']),
                ...kinds.flatMap((kind) => {
                    const [was, is] = [first.perLanguage[k]![kind], after.perLanguage[k]![kind]];
                    return [formatCount(was), formatCount(is), formatDifference(is - was)];
                }),
            ])}
        />
    );
}
