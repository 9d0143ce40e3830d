import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { z } from 'zod';

export interface TemplateCase {
    readonly template: string;
    readonly context: Readonly<Record<string, unknown>>;
}

const outcomes = z.array(z.object({ text: z.string().optional(), error: z.string().optional() }));

/** A Python with Jinja2: that of `.ci/run`, or the system's; undefined where there is none. */
export const pythonWithJinja2 = [resolve('.cache/jinja2/bin/python'), 'python3'].find(
    (python) => spawnSync(python, ['-c', 'import jinja2']).status === 0,
);

/** What Jinja2 writes of templates, in the environment of transformers. @param now a local time in ISO 8601 */
export function renderWithJinja2(cases: readonly TemplateCase[], now: string): z.output<typeof outcomes> {
    const written = execFileSync(pythonWithJinja2!, [resolve('tests/helpers/render_templates.py'), now], {
        input: JSON.stringify(cases),
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
        env: { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONWARNINGS: 'ignore' },
    });
    return outcomes.parse(JSON.parse(written));
}
