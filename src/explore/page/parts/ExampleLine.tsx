import type { ComponentChild } from 'preact';
import type { ShownExample } from '../../examplesFormat.js';
import type { SiteLanguage } from '../../siteFormat.js';
import { shownTokens } from '../data/shownTokens.js';
import { formatThree } from './formatThree.js';

interface ExampleLineProps {
    readonly example: ShownExample;
    readonly language: SiteLanguage | undefined;
    /** The activation that has the whole colour. */
    readonly most: number;
    /** Whether the language is written in front. */
    readonly named?: boolean;
}

/** A token with those around it, each as strongly coloured as it made the neuron active. */
export function ExampleLine({ example, language, most, named = false }: ExampleLineProps): ComponentChild {
    const { tokens, values, at, value, text } = example;
    return (
        <li>
            <span class="value" title={`text ${text + 1}`}>
                {formatThree(value)}
            </span>
            {named && <b class="value">{language?.tag}</b>}
            <bdi lang={language?.tag} dir={language?.rightToLeft === true ? 'rtl' : 'ltr'}>
                {shownTokens(tokens, values, at).map((piece, i) => {
                    const strength = `${Math.round(100 * Math.min(1, piece.value / most))}%`;
                    const Tag = piece.isOwn ? 'mark' : 'span';
                    return (
                        <Tag
                            key={i}
                            class="token"
                            style={{ '--strength': strength }}
                            title={piece.value > 0 ? formatThree(piece.value) : undefined}
                        >
                            {piece.text}
                        </Tag>
                    );
                })}
            </bdi>
        </li>
    );
}
