import type { ComponentChild } from 'preact';
import { searchedLists } from '../data/neuronSettings.js';
import type { TokenSearch } from '../data/Query.js';
import { changeSettings, route } from '../data/route.js';
import type { LoadedSite } from '../data/site.js';
import { Choice } from './Choice.js';
import { Field } from './Field.js';
import { languageOption } from './languageText.js';

/** A text that tokens of a neuron hold, and which of its tokens; nothing where no tokens are known. */
export function TokenField({ site, search }: { site: LoadedSite; search: TokenSearch | undefined }): ComponentChild {
    const { tokenBlocks, languages, hasExamples } = site.summary;
    if (tokenBlocks === 0) return null;
    const { settings } = route.value;
    const known = hasExamples
        ? languages.map((language) => [language.tag, `strongest, ${languageOption(language)}`] as const)
        : [];
    const among = search?.among ?? 'any';
    return (
        <span>
            <Field
                label="Token"
                type="search"
                size={12}
                dir="auto"
                autocomplete="off"
                title="In any case; a blank is the one in front of a token. Neurons without tokens are left out"
                value={settings.get('token') ?? ''}
                onInput={({ currentTarget }) => changeSettings({ token: currentTarget.value })}
            />{' '}
            <Choice
                label="among"
                name="among"
                value={typeof among === 'number' ? languages[among]!.tag : among}
                options={[...searchedLists(site.summary), ...known]}
            />
        </span>
    );
}
