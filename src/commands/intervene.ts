import { wrongUse } from '../errors.js';
import { parseOperations } from '../interventions/operationText.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { interveneDeclaration } from './arguments/declarations.js';
import { describeCurves } from './words/describeCurves.js';
import { describeMatrix } from './words/describeMatrix.js';
import { type ExperimentCommand, measureExperiment } from './measureExperiment.js';

/** `intervene`: for each operation a matrix of each neuron set, or dose curves, beside random controls, into DIR. */
export const interveneCommand: CommandOf<typeof interveneDeclaration> = async (args, context) => {
    const { op, strength, where, dose } = args;
    const command: ExperimentCommand = {
        command: 'intervene',
        operations: parseOperations(op.join(','), { strength, where }),
        shares: dose,
        measured: (result) => ({
            json: result,
            text: [
                ...result.matrices.map((matrix) => describeMatrix(matrix, args.sets)),
                ...result.curves.map(describeCurves),
            ].join('\n\n'),
        }),
        divided: ({ shards, seconds }) => ({
            shards: shards.map(({ path, wasThere }) => ({ path, there: wasThere })),
            seconds,
        }),
    };
    if (command.shares !== undefined && args.sets !== undefined)
        throw wrongUse('--dose: takes neurons by rank, not by set; leave --sets out');
    return measureExperiment(args, command, context);
};
