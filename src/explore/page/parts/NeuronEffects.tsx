import type { ComponentChild } from 'preact';
import { blockOf, effectsPath, type SiteEffects, type SiteTokenEffect } from '../../effectsFormat.js';
import type { LoadedSite } from '../data/site.js';
import { DataTable, heading } from './DataTable.js';
import { Part } from './Part.js';

const scriptNames = new Intl.DisplayNames('en', { type: 'script' });

/** The tokens whose logits one neuron raises and lowers most; nothing where the run folder has no effects. */
export function NeuronEffects({ site, flat }: { site: LoadedSite; flat: number }): ComponentChild {
    const { effects: firsts } = site.summary;
    if (firsts === undefined) return null;
    const block = blockOf(firsts, flat);
    return (
        <section aria-labelledby="effects" class="effects">
            <h2 id="effects">What it says</h2>
            {block < 0 ? (
                <Unknown />
            ) : (
                <Part<SiteEffects> part={{ title: 'effects', path: effectsPath(block) }}>
                    {({ neurons }) => <Found found={neurons.find((one) => one.flat === flat)} />}
                </Part>
            )}
        </section>
    );
}

function Unknown(): ComponentChild {
    return (
        <p>
            Its effect on tokens was not computed: name it to <code>effects</code> with <code>--neurons</code>.
        </p>
    );
}

function Found({ found }: { found: SiteEffects['neurons'][number] | undefined }): ComponentChild {
    if (found === undefined) return <Unknown />;
    const most = Math.max(...[...found.raised, ...found.lowered].map(({ effect }) => Math.abs(effect)));
    return (
        <>
            <p class="small">
                Tokens whose logits it raises and lowers most while it adds a positive product, directly: its column of
                the down matrix through the final norm, times the output head, less the mean over all tokens. Where up
                is negative, they change places. ▁ is a blank, ‹e4b8› bytes that are no whole character.
            </p>
            <div class="beside">
                <Tokens title="Raises" tokens={found.raised} most={most} kind="raised" />
                <Tokens title="Lowers" tokens={found.lowered} most={most} kind="lowered" />
            </div>
        </>
    );
}

interface TokensOptions {
    readonly title: string;
    readonly tokens: readonly SiteTokenEffect[];
    /** The largest effect of both lists. */
    readonly most: number;
    readonly kind: 'raised' | 'lowered';
}

function Tokens({ title, tokens, most, kind }: TokensOptions): ComponentChild {
    if (tokens.length === 0) return <p>{title} no token’s logit.</p>;
    return (
        <DataTable
            name={`${title}: tokens`}
            look={`tokens ${kind}`}
            columns={[title, heading('script'), 'effect']}
            rows={tokens.map(({ text, effect, script, language }) => [
                <bdi lang={language}>{text === '' ? 'no text' : text}</bdi>,
                <td class="text">{scriptWords(script, language)}</td>,
                <td style={{ '--strength': `${(100 * Math.abs(effect)) / most}%` }}>
                    {effect.toPrecision(3).replace('-', '−')}
                </td>,
            ])}
        />
    );
}

/** `Han, zh`: the language where it is told. */
function scriptWords(script: string | undefined, language: string | undefined): string {
    if (script === undefined) return '';
    const name = scriptNames.of(script) ?? script;
    return language === undefined ? name : `${name}, ${language}`;
}
