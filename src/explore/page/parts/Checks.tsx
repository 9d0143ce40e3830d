import type { ComponentChild } from 'preact';
import { capitalized } from '../../../support/format.js';
import type { SiteCheck } from '../../siteFormat.js';

/** What a sceptic asks of the finding, each question with its verdict and what it rests on. */
export function Checks({ checks }: { checks: readonly SiteCheck[] }): ComponentChild {
    return (
        <dl class="checks">
            {checks.map(({ name, question, verdict, sentence, numbers }) => (
                <div key={name}>
                    <dt>{question}</dt>
                    <dd>
                        <p>
                            <b>{capitalized(verdict)}.</b> {withCode(sentence)}
                        </p>
                        {numbers.length > 0 && (
                            <ul class="small">
                                {numbers.map(({ name: what, words }) => (
                                    <li key={what}>
                                        {what}: {words}
                                    </li>
                                ))}
                            </ul>
                        )}
                    </dd>
                </div>
            ))}
        </dl>
    );
}

/** Settings in backticks as code. */
function withCode(sentence: string): ComponentChild[] {
    return sentence.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}
