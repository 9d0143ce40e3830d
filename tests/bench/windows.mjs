/** Each language's texts as one. */
export function longTexts(corpus) {
    return {
        ...corpus,
        async *samples(language) {
            const texts = [];
            for await (const { response } of corpus.samples(language)) texts.push(response);
            yield { language, prompt: '', response: texts.join(' ') };
        },
    };
}

/** The windows that an engine makes of a language's one text: BOS first where the model has one. */
export async function windowsOf(engine, corpus, language) {
    const lead = engine.info.bos >= 0 ? [engine.info.bos] : [];
    const windows = [];
    for await (const { response } of corpus.samples(language)) {
        const tokens = await engine.tokenize(response);
        const room = engine.windowSize - lead.length;
        for (let begin = 0; begin < tokens.length; begin += room) {
            windows.push([...lead, ...tokens.subarray(begin, begin + room)]);
        }
    }
    return windows;
}
