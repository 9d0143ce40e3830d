import { LanguageNeuronsError } from '../errors.js';
import { parseOperations } from '../interventions/operationText.js';
import { ranges, parseShare } from '../support/numberRanges.js';
import type { CommandContext, CommandResult } from './CommandDeclaration.js';
import { describeCurves } from './describeCurves.js';
import { describeMatrix } from './describeMatrix.js';
import { type ExperimentArguments, type ExperimentCommand, measureExperiment, parseSets } from './measureExperiment.js';

export interface InterveneArguments extends ExperimentArguments {
    op: string;
    strength: number;
    where: 'prompt' | 'response' | 'both';
    dose: string | undefined;
}

/** `intervene`: for each operation a matrix of each neuron set, or dose curves, beside random controls, into DIR. */
export async function interveneCommand(args: InterveneArguments, context: CommandContext): Promise<CommandResult> {
    const { op, strength, where, dose } = args;
    const asked = args.sets === undefined ? undefined : parseSets(args.sets);
    const command: ExperimentCommand = {
        command: 'intervene',
        operations: parseOperations(op, { strength, where }),
        shares: dose === undefined ? undefined : parseDoses(dose),
        measured: (result) => ({
            json: result,
            text: [
                ...result.matrices.map((matrix) => describeMatrix(matrix, asked)),
                ...result.curves.map(describeCurves),
            ].join('\n'),
        }),
        divided: ({ shards, seconds }) => ({
            shards: shards.map(({ path, wasThere }) => ({ path, there: wasThere })),
            seconds,
        }),
    };
    if (command.shares !== undefined && args.sets !== undefined)
        throw new LanguageNeuronsError('WRONG_USE', '--dose: takes neurons by rank, not by set; leave --sets out');
    return measureExperiment(args, command, context);
}

/**
 * Shares of the model, such as `0.1%,1%` or `0.001,0.01`.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseDoses(text: string): number[] {
    return text.split(',').map((part) => {
        const share = parseShare(part, ranges.dose);
        if (share !== undefined) return share;
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `--dose takes shares of all neurons, such as 0.1%,0.5%,1%, not ${JSON.stringify(part)}`,
        );
    });
}
