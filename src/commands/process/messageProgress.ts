import { z } from 'zod';
import type { Progress } from '../../support/progress.js';

const calls = ['whole', 'step', 'stage', 'position', 'advance', 'note', 'done'] as const satisfies (keyof Progress)[];

/** A call of a progress in another process. */
const callShape = z.object({ progress: z.enum(calls), args: z.array(z.union([z.string(), z.number()])) });

/** A progress that sends its calls to the parent process. */
export function progressAsMessages(): Progress {
    const sent = calls.map((progress) => [
        progress,
        // What was not given, `undefined`, is no JSON.
        (...args: unknown[]) => void process.send?.({ progress, args: args.filter((one) => one !== undefined) }),
    ]);
    return Object.fromEntries(sent) as Progress;
}

/** Passes a child's message on to a progress; other messages are ignored. */
export function takeMessage(message: unknown, progress: Progress): void {
    const { data: call } = callShape.safeParse(message);
    if (call === undefined) return;
    const method = progress[call.progress] as ((...args: unknown[]) => void) | undefined;
    method?.apply(progress, call.args);
}
