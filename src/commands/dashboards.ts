import { exportDashboards } from '../dashboards/exportDashboards.js';
import { formatQuantity } from '../support/format.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { dashboardsDeclaration } from './arguments/declarations.js';

/** `dashboards`: the neurons of a run folder's examples as files that others' dashboards read. */
export const dashboardsCommand: CommandOf<typeof dashboardsDeclaration> = async (
    { dir, out, form, modelId, sourceSet },
    { progress, signal, say },
) => {
    const written = await exportDashboards(dir, out, { form, modelId, sourceSet, progress, signal });
    const { files, neurons, never, effects } = written;
    if (never > 0) say(`${formatQuantity(never, 'neuron')} left out: no token made them active`);
    if (!effects) say('the tokens that neurons raise and lower are left out; run effects first to include them');
    return {
        json: written,
        text: `${formatQuantity(neurons, 'neuron')} in ${formatQuantity(files.length, 'file')} of ${out}`,
    };
};
