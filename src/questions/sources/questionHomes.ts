/** A dataset's public home, with the hashes of its files. */
export interface QuestionHome {
    /** Folder of the files at one commit, so that it never changes. */
    readonly url: string;
    /** In each language. */
    readonly questions: number;
    /** By language. */
    readonly files: Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;
}

/** The names of languages in MSVAMP's files. */
const msvampNames: Readonly<Record<string, string>> = {
    bn: 'Bengali',
    zh: 'Chinese',
    en: 'English',
    fr: 'French',
    de: 'German',
    ja: 'Japanese',
    ru: 'Russian',
    es: 'Spanish',
    sw: 'Swahili',
    th: 'Thai',
};

/** Datasets that are downloaded by name. The hashes are of the repositories' files at these commits. */
export const questionHomes: Readonly<Record<string, QuestionHome>> = {
    /** arXiv 2210.03057. */
    mgsm: {
        questions: 250,
        url: 'https://raw.githubusercontent.com/google-research/url-nlp/452a21ad3dae5668c06ceeac21ff073e1e40f9be/mgsm',
        files: filesOf((language) => `mgsm_${language}.tsv`, {
            bn: '6b00bc7cc635547e866989284afa924d789b5affa2eb8de623c385dd943ad977',
            de: '4dfea30fede44b813e2e496f5f0534049e83c7cc8aed6e00600b30ec62053626',
            en: '50021d0f28cc957edcb44e7806425b1c7fbd648ddcb9e0a8ec689d10e57d40fa',
            es: '5bd27ebdf00140cec845c5298dc17715f5cd57d8edda6df1976db40bf3f0750a',
            fr: '36207c1c03fd7cd3ea491441eb755408199f94e4a647851df531bbaedc99d606',
            ja: '59a2b50debe77981fd784cb3b2bef1505e3abf2a37116dc9d7a366ab029b4637',
            ru: '6bd30fd2e80c5bac23f566fb4ae0e6a55a19578401fbf9a01fb21beb3645fef8',
            sw: '2bac828d77229e65d7c7197b1ad4a2cb5b1fe99b163f2cbdd66501de6a2115c4',
            te: 'dd6b1452c244bb2e4ba254c01ea84137f80c1cefc57d69c23b0ed88b9c0f36b7',
            th: 'f3932dc5ad8e9d0ea82b017adc1e1461dd647af861e7166d6741986602a0cfd6',
            zh: 'b2fa63151022370a0de1f4211c8c284eae74b0f5a3b003b1d5982c0d4a73f661',
        }),
    },
    /** arXiv 2310.20246. */
    msvamp: {
        questions: 1000,
        url:
            'https://raw.githubusercontent.com/microsoft/MathOctopus/4d385db696c420b212ccf861fcfab13c1499a576' +
            '/step1_supervised_finetuning/data/msvamp',
        files: filesOf((language) => `test_${msvampNames[language]}.json`, {
            bn: 'd1c0bb8e3a93127bdffab516ef9bb739ae5007f9071ae97c447c294b1fd65e82',
            zh: '31e136303b56ed1734d3e9fbcdcff4499f974a0857298816c41e1c5c0be6b4bd',
            en: '9431a24e993a8f83fd602393ffbb368e1d91fa36b2110ad8f1e0ec319792eed0',
            fr: '3a756d228f3d9ee219b673f9dda091b6d64f7c4d0e71045d6a6dbf315539e0ea',
            de: 'f5b854da48da762163fb3ccf60307bb9a97e0efac2fd44fdb5ba0969ee1464aa',
            ja: '04f89b370bb22a6a78de99fc36e30658186149858172abf8e68665890e81322b',
            ru: '05d2d317c24f1180c0839d7813f6bebcaeeb57d919cd2d748a0b9964fd77a1c0',
            es: '0aecc731e945d196c8eb38ddb5ad683821e5fd72c55273db1f2233d559495275',
            sw: '15f863a79b7e4adf820d76b61044f4e4489f7710d14128ad7b4e915e133a2c16',
            th: '60b81f4458f584f637a35e57e85f503173ef67434a83a449c6ee6670a730e9f8',
        }),
    },
};

function filesOf(
    nameOf: (language: string) => string,
    hashes: Readonly<Record<string, string>>,
): QuestionHome['files'] {
    const entries = Object.entries(hashes);
    return Object.fromEntries(entries.map(([language, sha256]) => [language, { file: nameOf(language), sha256 }]));
}
