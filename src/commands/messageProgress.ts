import { z } from 'zod';
import type { Progress } from '../support/progress.js';

/** A call of a progress in another process. */
const callShape = z.discriminatedUnion('progress', [
    z.object({ progress: z.literal('whole'), total: z.number() }),
    z.object({ progress: z.literal('step'), name: z.string(), number: z.number(), of: z.number() }),
    z.object({ progress: z.literal('stage'), label: z.string(), total: z.number() }),
    z.object({ progress: z.literal('position'), words: z.string() }),
    z.object({ progress: z.literal('advance'), units: z.number(), tokens: z.number().optional() }),
    z.object({ progress: z.literal('note'), line: z.string() }),
    z.object({ progress: z.literal('done') }),
]);
type Call = z.output<typeof callShape>;

/** A progress that sends its calls to the parent process. */
export function progressAsMessages(): Progress {
    const send = (call: Call): void => {
        process.send?.(call);
    };
    return {
        whole: (total) => send({ progress: 'whole', total }),
        step: (name, number, of) => send({ progress: 'step', name, number, of }),
        stage: (label, total) => send({ progress: 'stage', label, total }),
        position: (words) => send({ progress: 'position', words }),
        advance: (units, tokens) => send({ progress: 'advance', units, tokens }),
        note: (line) => send({ progress: 'note', line }),
        done: () => send({ progress: 'done' }),
    };
}

/** Passes a child's message on to a progress; other messages are ignored. */
export function takeMessage(message: unknown, progress: Progress): void {
    const { data: call } = callShape.safeParse(message);
    if (call?.progress === 'whole') progress.whole?.(call.total);
    else if (call?.progress === 'step') progress.step?.(call.name, call.number, call.of);
    else if (call?.progress === 'stage') progress.stage(call.label, call.total);
    else if (call?.progress === 'position') progress.position?.(call.words);
    else if (call?.progress === 'advance') progress.advance(call.units, call.tokens);
    else if (call?.progress === 'note') progress.note(call.line);
    else if (call?.progress === 'done') progress.done();
}
