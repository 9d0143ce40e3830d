import { reportOn } from '../report/reportOn.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { reportDeclaration } from './arguments/declarations.js';

/** `report`: DIR/report.html with figures/*.svg and tables/*.csv, from what the run folder holds. */
export const reportCommand: CommandOf<typeof reportDeclaration> = async (args, { say }) => {
    const files = await reportOn(args.dir, { title: args.title, site: args.site, excel: args.excel });
    for (const warning of files.warnings) say(warning);
    return { json: files, text: `report: ${files.html}` };
};
