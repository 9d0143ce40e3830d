// npm's `install` script: where the platform's package holds an addon that fits, there is nothing to do.
import { parseChoice } from '../../src/prebuilt/backends.mjs';
import { findPrebuilt } from '../../src/prebuilt/platformPackage.mjs';
import { build, reportFailure } from './build.mjs';

const isSet = (/** @type {string | undefined} */ value) => value !== undefined && !['', '0', 'false'].includes(value);
const { env, argv } = process;

/** Whether no package holds an addon that fits; why one does not is told on stderr. */
function isToBuild() {
    const prebuilt = findPrebuilt();
    if (prebuilt === undefined) return true;
    if ('addon' in prebuilt) return false;
    process.stderr.write(`${prebuilt.reason}; building from source instead\n`);
    return true;
}

if (isSet(env.LANGUAGE_NEURONS_SKIP_BUILD)) {
    process.stderr.write('LANGUAGE_NEURONS_SKIP_BUILD is set: language-neurons builds its native part at first use\n');
} else {
    const fromSource =
        argv.includes('--from-source') || isSet(env.npm_config_from_source) || isSet(env.LANGUAGE_NEURONS_FROM_SOURCE);
    const plugins = [env.LANGUAGE_NEURONS_WITH, env.npm_config_with].find(isSet);
    try {
        if (fromSource || plugins !== undefined || isToBuild()) await build(parseChoice({ fromSource, plugins }));
    } catch (error) {
        reportFailure(error);
    }
}
