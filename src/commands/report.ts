import { reportOn } from '../report/reportOn.js';
import type { CommandContext, CommandResult } from './CommandDeclaration.js';

export interface ReportArguments {
    dir: string;
    title: string | undefined;
    excel: boolean;
}

/** `report`: DIR/report.html with figures/*.svg and tables/*.csv, from what the run folder holds. */
export async function reportCommand(args: ReportArguments, { say }: CommandContext): Promise<CommandResult> {
    const files = await reportOn(args.dir, { title: args.title, excel: args.excel });
    for (const warning of files.warnings) say(warning);
    return { json: files, text: `report: ${files.html}` };
}
