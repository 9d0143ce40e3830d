import { asDeactivation } from '../experiments/deactivate.js';
import type { CommandContext, CommandResult } from './arguments/CommandDeclaration.js';
import { describeMatrix } from './words/describeMatrix.js';
import { type ExperimentArguments, type ExperimentCommand, measureExperiment } from './measureExperiment.js';

/** `deactivate`: the matrix of each neuron set, beside its random controls, into DIR. */
export async function deactivateCommand(args: ExperimentArguments, context: CommandContext): Promise<CommandResult> {
    const command: ExperimentCommand = {
        ...asDeactivation,
        measured: ({ matrices: [matrix], seconds }) => ({
            json: { ...matrix, seconds },
            text: describeMatrix(matrix!, args.sets),
        }),
        divided: ({ shards: [shard], seconds }) => ({ path: shard!.path, there: shard!.wasThere, seconds }),
    };
    return measureExperiment(args, command, context);
}
