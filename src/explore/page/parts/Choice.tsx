import type { ComponentChild } from 'preact';
import { changeSettings } from '../data/route.js';

/** A choice of one of several, kept in the address. */
export function Choice({
    label,
    name,
    value,
    options,
}: {
    label: string;
    /** In the address. */
    name: string;
    value: string;
    options: readonly (readonly [value: string, label: string])[];
}): ComponentChild {
    return (
        <label>
            {label}{' '}
            <select value={value} onChange={({ currentTarget }) => changeSettings({ [name]: currentTarget.value })}>
                {options.map(([one, text]) => (
                    <option key={one} value={one}>
                        {text}
                    </option>
                ))}
            </select>
        </label>
    );
}
