import type { Setting, SettingTable } from '../settings/Setting.js';

/** Options beyond this many are shown in groups. */
const mostUngrouped = 15;

/** Options in the groups in which they are shown, each with its title; few are in none. */
export function optionGroups(table: SettingTable): [title: string | undefined, table: SettingTable][] {
    if (Object.keys(table).length <= mostUngrouped) return [[undefined, table]];
    const groups = new Map<string | undefined, Record<string, Setting>>();
    for (const [name, setting] of Object.entries(table)) {
        const group = groups.get(setting.group) ?? {};
        groups.set(setting.group, Object.assign(group, { [name]: setting }));
    }
    return [...groups];
}
