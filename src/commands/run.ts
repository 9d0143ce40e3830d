import { embeddedRun } from '../run/embeddedRun.js';
import { run } from '../run/run.js';
import { readRunConfig } from '../run/RunConfig.js';
import { describeMatrix } from './deactivate.js';
import { describeAnalysis } from './identify.js';
import type { CommandContext, CommandResult } from './shared.js';

export interface RunArguments {
    config: string | undefined;
}

/** `run`: everything in order; without a configuration, on the embedded model. */
export async function runCommand(args: RunArguments, { signal, progress }: CommandContext): Promise<CommandResult> {
    const config = args.config === undefined ? embeddedRun() : await readRunConfig(args.config);
    const { folder, analysis, matrices, report, seconds } = await run(config, { signal, progress });
    const { neurons: _, ...summary } = analysis;
    return {
        json: { folder, analysis: summary, matrices, report, seconds },
        text: [describeAnalysis(analysis), ...matrices.map(describeMatrix), `done in ${seconds.toFixed(0)} s; report: ${report.html}`].join('\n'),
    };
}
