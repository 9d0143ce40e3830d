import { udhrLanguages, udhrTexts } from '../corpus/udhrCorpus.js';
import { everyday, everydayLanguages } from '../questions/sources/everyday.js';
import { homeLanguages, isCached, questionSets } from '../questions/sources/fetchQuestions.js';
import { folderOfQuestions, openQuestions } from '../questions/sources/openQuestions.js';
import { questionHomes } from '../questions/sources/questionHomes.js';

/** Texts or questions that `data` takes by name. */
export interface KnownData {
    /** As `data` takes it. */
    readonly name: string;
    /** In a word or two. */
    readonly what: string;
    /** By their names in results. */
    readonly languages: readonly string[];
    /** Texts or questions of a language; some languages of `udhr` lack a few articles. */
    readonly each: number;
    /** The languages that need no network. */
    readonly here: readonly string[];
    /** Where it is: in the package, or in a folder of the cache. */
    readonly place: string;
}

/** All that has a name, whether it is there or would be downloaded. Reads files of the cache, and opens no network. */
export async function knownData(): Promise<KnownData[]> {
    const [first] = everydayLanguages;
    const prompts = await (await openQuestions(everyday, { languages: [first] })).inLanguage(first);
    const [articles, inPackage] = [udhrLanguages(), 'in the package'];
    return [
        {
            ...{ name: 'udhr', what: 'human rights', each: udhrTexts },
            ...{ languages: articles, here: articles, place: inPackage },
        },
        {
            ...{ name: everyday, what: 'prompts', each: prompts.length },
            ...{ languages: everydayLanguages, here: everydayLanguages, place: inPackage },
        },
        ...(await Promise.all(questionSets.map(downloaded))),
    ];
}

async function downloaded(name: string): Promise<KnownData> {
    const place = folderOfQuestions(name);
    const languages = homeLanguages(name);
    const here: string[] = [];
    for (const language of languages) {
        // one that was changed is refused, with its reason, by what opens it
        if (await isCached(place, name, language).catch(() => false)) here.push(language);
    }
    return { name, what: 'questions', languages, each: questionHomes[name]!.questions, here, place };
}

/** What else `data` takes, and how to bring it. */
export const broughtData: readonly { readonly form: string; readonly how: string }[] = [
    { form: 'a folder of LL.txt', how: 'a file for each language, such as en.txt and zh_TW.txt, one text a line' },
    {
        form: 'FLORES+, FLORES-200, NTREX',
        how: 'unpack it and give the folder of one part, whose files are named like dev.eng_Latn or eng_Latn.dev',
    },
    {
        form: 'a JSONL file',
        how: 'one object a line, {"language", "text"}; or prompts with responses, or conversations',
    },
    { form: 'a JSON file of answers', how: 'respond writes one; so do the authors of the paper' },
    {
        form: 'mgsm, msvamp without a network',
        how: 'a folder of mgsm_LL.tsv or test_Language.json; or LANGUAGE_NEURONS_MIRROR, an address where they lie',
    },
    {
        form: 'questions and prompts',
        how: 'a folder of mgsm_LL.tsv (question, tab, number) or prompts_LL.jsonl ({"prompt"})',
    },
];
