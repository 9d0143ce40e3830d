import { join } from 'node:path';
import type { CheckResult } from '../checks/CheckResult.js';
import { shownPath } from '../files/shownPath.js';
import type { Operation } from '../interventions/Operation.js';
import { operationName } from '../interventions/operationText.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { quantsVerdict } from '../report/sections/quantsSection.js';
import { embeddedRun } from '../run/embeddedRun.js';
import type { ExaminedModel } from '../run/examineModel.js';
import { run } from '../run/run.js';
import { readRunConfig } from '../run/RunConfig.js';
import type { NeuronDetails } from '../run/neuronDetails.js';
import type { Interventions } from '../run/runInterventions.js';
import { tuneVerdict } from '../tune/tuneWords.js';
import { durationWords } from '../support/timeLeft.js';
import { formatQuantity } from '../support/format.js';
import { wrapText } from '../support/wrapText.js';
import { describeRun, foundWords } from './words/describeRun.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { runDeclaration } from './arguments/declarations.js';
import { freshly } from './process/freshly.js';
import { layerBars } from './words/layerBars.js';

/** `run`: everything in order; without a configuration, on the embedded model. */
export const runCommand: CommandOf<typeof runDeclaration> = async (args, context) => {
    const { signal, progress } = context;
    const config = args.config === undefined ? embeddedRun() : await readRunConfig(args.config);
    const width = Math.min(process.stdout.columns ?? 80, 100);
    const onAnalysis = (analysis: NeuronAnalysis): void => progress.note(layerBars(analysis, width).join('\n'));
    const {
        aligned,
        models: several,
        comparison,
        seconds,
        ...base
    } = await freshly({ fresh: args.fresh, folder: config.out }, context, () =>
        run(config, { force: args.force, excel: args.excel, signal, progress, onAnalysis }),
    );
    const summary = ({ analysis: { neurons: _, ...numbers }, ...rest }: ExaminedModel): object => ({
        ...rest,
        analysis: numbers,
    });
    if (several !== undefined) {
        const ofEach = Object.entries(several);
        const links = ofEach.map(([name, { report }]) => `report of ${name}: ${shownPath(report.html)}`);
        const compared = comparison === undefined ? [] : [`comparison: ${shownPath(join(config.out, 'report.html'))}`];
        return {
            json: {
                models: Object.fromEntries(ofEach.map(([name, one]) => [name, summary(one)])),
                comparison,
                seconds,
            },
            text: [
                describeRun(ofEach.map(([label, one]) => ({ label, ...one }))),
                '',
                ...links,
                ...compared,
                `done in ${durationWords(seconds)}; table: ${shownPath(join(config.out, 'models.csv'))}`,
            ].join('\n'),
        };
    }
    const models = [{ label: 'base', ...base }, ...(aligned === undefined ? [] : [{ label: 'aligned', ...aligned }])];
    return {
        json: { ...summary(base), ...(aligned === undefined ? {} : { aligned: summary(aligned) }), seconds },
        text: [
            describeRun(models),
            '',
            ...foundWords(base, width),
            ...detailWords(base.details),
            ...interventionWords(base.interventions),
            ...base.tunes.flatMap((one) => wrapText(tuneVerdict(one).map(context.named).join(' '), width)),
            ...checkWords(base.checks),
            ...(base.quants === undefined
                ? []
                : [...wrapText(quantsVerdict(base.quants), width), `quantized files: ${shownPath(base.quants.page)}`]),
            `done in ${durationWords(seconds)}; report: ${shownPath(base.report.html)}`,
            `look at every neuron: npx language-neurons explore ${shownPath(config.out)}`,
        ].join('\n'),
    };
};

/** Under which other operations there are matrices or curves. */
function interventionWords({ matrices, curves }: Interventions): string[] {
    const names = (results: readonly { readonly operation: Operation }[]): string =>
        results.map(({ operation }) => operationName(operation)).join(', ');
    return [
        ...(matrices.length === 0 ? [] : [`also measured: ${names(matrices)}`]),
        ...(curves.length === 0 ? [] : [`dose curves: ${names(curves)}`]),
    ];
}

function checkWords(checks: readonly CheckResult[]): string[] {
    return checks.length === 0 ? [] : [`checks: ${checks.map(({ name, verdict }) => `${name} ${verdict}`).join(', ')}`];
}

/** Which details of neurons there are to look at. */
function detailWords({ examples, effects }: NeuronDetails): string[] {
    const words = [
        ...(examples === undefined ? [] : [`examples of ${formatQuantity(examples.neurons, 'neuron')}`]),
        ...(effects === undefined ? [] : [`effects of ${formatQuantity(effects.neurons, 'neuron')}`]),
    ];
    return words.length === 0 ? [] : [`to look at: ${words.join(', ')}`];
}
