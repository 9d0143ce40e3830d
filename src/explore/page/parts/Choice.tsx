import type { ComponentChild } from 'preact';
import { changeSettings } from '../data/route.js';

interface ChoiceProps<Value extends string> {
    readonly label: string;
    readonly value: Value;
    readonly options: readonly (readonly [value: Value, label: string])[];
    /** In the address, which keeps the choice. */
    readonly name?: string;
    /** Default: into the address. */
    readonly take?: (value: Value) => void;
}

/** A choice of one of several. */
export function Choice<Value extends string>(props: ChoiceProps<Value>): ComponentChild {
    const { label, value, options, name = '', take = (chosen) => changeSettings({ [name]: chosen }) } = props;
    return (
        <label>
            {label}{' '}
            <select value={value} onChange={({ currentTarget }) => take(currentTarget.value as Value)}>
                {options.map(([one, text]) => (
                    <option key={one} value={one}>
                        {text}
                    </option>
                ))}
            </select>
        </label>
    );
}
