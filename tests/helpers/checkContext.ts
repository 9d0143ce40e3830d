import type { Activations } from '../../src/activations/Activations.js';
import type { CheckContext, CheckSettings } from '../../src/checks/Check.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { filled } from '../../src/settings/pick.js';
import { checkTable } from '../../src/settings/settings.js';
import { silent } from '../../src/support/progress.js';

/** What a check that needs neither model nor texts works with. */
export function checkContext(
    activations: Activations,
    analysis: NeuronAnalysis,
    settings: Partial<CheckSettings> = {},
    folder = '',
): CheckContext {
    const absent = (): never => {
        throw new Error('it needs none');
    };
    return {
        ...{ folder, activations, analysis, progress: silent, signal: undefined },
        settings: { ...filled({}, checkTable), ...settings },
        engine: absent,
        corpus: absent,
        kept: (_part, _shape, compute) => compute(),
    };
}
