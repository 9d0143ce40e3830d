import type { DeactivationMatrix } from '../experiments/DeactivationMatrix.js';
import { metricOf } from '../experiments/metrics.js';
import { embeddedRun } from '../run/embeddedRun.js';
import { type ExaminedModel, run } from '../run/run.js';
import { readRunConfig } from '../run/RunConfig.js';
import { describeChange } from './compare.js';
import { describeMatrix } from './describeMatrix.js';
import { describeAnalysis } from './identify.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { runDeclaration } from './declarations.js';
import { freshly } from './freshly.js';

/** `run`: everything in order; without a configuration, on the embedded model. */
export async function runCommand(
    args: CommandArguments<typeof runDeclaration>,
    context: CommandContext,
): Promise<CommandResult> {
    const { signal, progress } = context;
    const config = args.config === undefined ? embeddedRun() : await readRunConfig(args.config);
    const { aligned, seconds, ...base } = await freshly({ fresh: args.fresh, folder: config.out }, context, () =>
        run(config, { force: args.force, excel: args.excel, signal, progress }),
    );
    const summary = ({ analysis: { neurons: _, ...numbers }, ...rest }: ExaminedModel): object => ({
        ...rest,
        analysis: numbers,
    });
    const askedOf = ({ metric }: DeactivationMatrix): readonly string[] | undefined =>
        metricOf(metric).inputs === 'questions' ? (config.accuracy?.sets ?? config.sets) : config.sets;
    const text = ({ analysis, matrices }: ExaminedModel): string[] => [
        describeAnalysis(analysis),
        ...matrices.map((matrix) => describeMatrix(matrix, askedOf(matrix))),
    ];
    return {
        json: { ...summary(base), ...(aligned === undefined ? {} : { aligned: summary(aligned) }), seconds },
        text: [
            ...text(base),
            ...(aligned === undefined
                ? []
                : [
                      '\nafter alignment:',
                      ...text(aligned),
                      '',
                      ...aligned.comparison.changes.map((change) => describeChange(aligned.comparison, change)),
                  ]),
            `done in ${seconds.toFixed(0)} s; report: ${base.report.html}`,
            `look at every neuron: npx language-neurons explore ${config.out}`,
        ].join('\n'),
    };
}
