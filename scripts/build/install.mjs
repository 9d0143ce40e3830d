// npm's `install` script.
import { parseChoice } from './backends.mjs';
import { build, reportFailure } from './build.mjs';

const isSet = (/** @type {string | undefined} */ value) => value !== undefined && !['', '0', 'false'].includes(value);
const { env, argv } = process;

if (isSet(env.LANGUAGE_NEURONS_SKIP_BUILD)) {
    process.stderr.write('LANGUAGE_NEURONS_SKIP_BUILD is set: language-neurons builds its native part at first use\n');
} else {
    const fromSource =
        argv.includes('--from-source') || isSet(env.npm_config_from_source) || isSet(env.LANGUAGE_NEURONS_FROM_SOURCE);
    try {
        const plugins = [env.LANGUAGE_NEURONS_WITH, env.npm_config_with].find(isSet);
        await build(parseChoice({ fromSource, plugins }));
    } catch (error) {
        reportFailure(error);
    }
}
