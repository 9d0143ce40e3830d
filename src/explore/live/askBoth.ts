import type { AnswerRequest, TokenAnswer } from '../../engine/scheduler/AnswerRequest.js';
import type { TextEdit } from '../../engine/edits.js';
import type { Intervention } from '../../interventions/Intervention.js';
import { modelState } from '../../interventions/ModelState.js';
import { distinctNeurons } from '../../neurons/distinctNeurons.js';
import { ApiError } from '../../serve/ApiError.js';
import { answerExchange } from '../../serve/Exchange.js';
import { Latest } from '../../serve/Latest.js';
import { StreamedText } from '../../serve/StreamedText.js';
import { changeOf, languageSpans } from './languageSpans.js';
import type { AskEvent, AskQuestion, Side } from './liveFormat.js';
import type { LiveModel } from './LiveModel.js';

/** Answers a question with the whole model and, where anything is changed, with the changed one, side by side. */
export async function* askBoth(live: LiveModel, question: AskQuestion, signal: AbortSignal): AsyncGenerator<AskEvent> {
    const { engine, texts, analysis } = live;
    const interventions = interventionsOf(live, question);
    const edits: TextEdit[] = [undefined];
    if (interventions.length > 0)
        edits.push(modelState({ name: 'changed', interventions }, { sites: engine.sites, analysis }).edit);
    const prompt = await promptOf(live, question);
    const maxTokens = Math.min(question.maxTokens, live.facts.mostAnswer);
    const { mostTokens, mostAnswer } = live.facts;
    // BOS, where the template does not write it.
    const requestSize = mostTokens + 1 + mostAnswer;
    const batching = await engine.batching({ edits, parallel: edits.length, requestSize });
    let answers: TokenAnswer[];
    try {
        const requests = edits.map((_, edit): AnswerRequest => ({ prompt, edit, maxTokens }));
        const latest = new Latest();
        const all = answerExchange({ batching }, { requests }, signal, latest);
        all.catch(() => undefined); // met again below, unless the page has gone
        const streamed = edits.map(() => new StreamedText(texts, []));
        for await (const { place, grown, answer } of latest) {
            const text = streamed[place]!.grow(grown?.tokens ?? Array.from(answer!.tokens));
            if (text !== '') yield { kind: 'grew', side: place as Side, text };
        }
        answers = await all;
    } finally {
        await batching.close({ stop: true });
    }
    // BOS is put in front of what is watched.
    const begin = prompt.subarray(prompt[0] === engine.info.bos ? 1 : 0);
    for (const [side, { tokens, end }] of answers.entries()) {
        const whole = Int32Array.of(...begin, ...tokens);
        const trace = await live.trace(whole, begin.length, edits[side], signal);
        const spans = languageSpans(trace.pieces, analysis.languages);
        const ended = { kind: 'ended', side: side as Side, end: end === 'length' ? end : 'stop' } as const;
        yield { ...ended, trace, spans, changedAt: changeOf(spans) };
    }
}

/** @throws ApiError 400 */
function interventionsOf(live: LiveModel, { languages, set, share, neurons, factor }: AskQuestion): Intervention[] {
    const single = neurons.map((flat) => live.neuronAt(flat));
    // Each neuron once, whichever languages have it.
    const all = distinctNeurons([...languages.flatMap((tag) => live.firstOf(tag, set, share)), ...single]);
    return all.length === 0 || factor === 1 ? [] : [{ neurons: all, op: 'scale', value: factor }];
}

/** @throws ApiError 400 */
async function promptOf(live: LiveModel, { text, chat }: AskQuestion): Promise<Int32Array> {
    if (!chat) return live.tokenize(text);
    if (live.writer === undefined) throw new ApiError(400, 'the model has no chat template; ask without it');
    return live.tokenize(await live.writer.write([{ role: 'user', content: text }]), true);
}
